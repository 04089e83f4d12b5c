# The end of a control script that stands in argv. The engine answers `w` by late.sh for that family, and perhaps by its
# start-up files in front: so many bytes as the line in front of them says. Lines that start-up files may eat are empty.
pss_say w $f
pss_say d "$d" "${s##*/}"
{ pump & }
p=$!
[ $f != none ] || echo >&6
while read -r m <&5 && [ -z "$m" ]; do
	:
done
@LOADER@
serve
clean
