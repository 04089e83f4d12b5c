# Evaluates a packed script, at the end of loader.sh. Without these programs there is no holder, and the reason is said.
t=$(printf %s "$t" | command -p base64 -d | command -p gzip -dc);
[ "$t" ] || { printf "%s" "@RS@@NAME@ n there is no base64 or no gzip"; echo; exit 0; };
eval "$t";
