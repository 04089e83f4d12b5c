# The end of a control script that `sh` reads. Requests come when the shell has spoken: nothing of the script may be on its
# way then, or `sh`, which reads blocks, would take them for more of it. So this is one line.
# A shell that we do not know starts last: its name must be reported before it takes the keyboard.
pss_say d "$d" "${s##*/}"; { pump & } ; p=$!; [ $f != none ] || echo >&6; serve; clean
