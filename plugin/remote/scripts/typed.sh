# `sh typed NONCE SENTINEL`, with the terminal as standard input: says what was typed and read by nobody, as hexadecimal
# digits. A terminal holds 4095 bytes. Where it held many, more may be on their way to it: then `m` asks for the
# sentinel (SENTINEL is its digits), which is typed behind all of them, and the terminal is read up to it.
say() {
	printf '\036%s%s\000%s\000%s\000' "$key" "$1" "$nonce" "$2" 1<>"$d/rep"
}
take() {
	command -p dd bs=4096 count="$1" | command -p od -An -v -tx1 | command -p tr -d ' \n'
}
exec 2>/dev/null
d=${0%/*} nonce=$1 typed=
read -r key <"$d/key"
# Without stty the terminal would be waited for.
if modes=$(command -p stty -g) && [ -n "$modes" ]; then
	command -p stty -icanon -echo -isig min 0 time 0
	typed=$(take 16)
	if [ ${#typed} -ge 2048 ]; then
		command -p stty time 100
		more=$typed last=
		while [ -n "$more" ]; do
			typed=$more
			case $last$typed in *"$2"*) break ;; esac
			say m "$typed"
			last=$typed typed=
			more=$(take 1)
		done
	fi
	command -p stty "$modes"
fi
say k "$typed"
