# fish, from 3.6: sourced by `fish -l -i -C` when the start-up files have been read. fish's own reader
# stays in charge, as nothing else gives a line at its top level. Once it waits, the engine sends it a key of
# its own, and what is bound to that reads requests from the fifo, puts the text into the command line and has it
# executed. What the reader paints lies between the marks n and s (PROTOCOL.md). At rest its mode of bindings
# is ours, where keys only collect; fish_prompt and its like are stubs, and SIGINT is observed, as it would
# cancel what is ours.
builtin set -l d $__pss_d
builtin set -e __pss_d
builtin set -g __pss_d $d
builtin read -g __pss_k <"$__pss_d/key"

# Where the control script has ended meanwhile, for want of processes say, this is the shell of the login.
if not builtin test -p "$__pss_d/q"
	builtin set -e __pss_d
	builtin set -e __pss_k
	return
end

# ---- replies and marks
function __pss_say
	if builtin test -p "$__pss_d/rep"
		builtin printf '\x1e%s%s\0' $__pss_k $argv[1] >"$__pss_d/rep"
		builtin printf '%s\0' $argv[2..-1] >"$__pss_d/rep"
	end
end

# Older ones have not all the builtins that this file needs.
if not builtin string match -qr '^(?:3\.(?:[6-9]|\d\d)|[4-9]\.|\d\d)' -- $version
	__pss_say n "fish $version is older than 3.6"
	builtin functions -e __pss_say
	builtin set -e __pss_d
	builtin set -e __pss_k
	return
end

builtin set -g __pss_kept ''
builtin set -g __pss_n @FIRST@
builtin set -g __pss_m ''
builtin set -g __pss_now @FIRST@
builtin set -g __pss_u ''
builtin set -g __pss_c ''
builtin set -g __pss_p ''
builtin set -g __pss_right ''
builtin set -g __pss_s 0
builtin set -g __pss_typed ''
builtin set -g __pss_keys ''
builtin set -g __pss_hide ''
builtin set -g __pss_instead ''
builtin set -g __pss_open ''
builtin set -g __pss_asked @FIRST@
builtin set -g __pss_statuses 0 0
builtin set -g __pss_deaf
builtin set -g __pss_handlers
builtin set -g __pss_mode default
builtin set -g __pss_relay ''
builtin set -g __pss_in ''
builtin set -g __pss_bang ''
builtin set -g __pss_t (command tty)
# Where the terminal has no name, as in a chroot, it has another way to it.
builtin test -c "$__pss_t"; or builtin set -g __pss_t /dev/tty
builtin test -c "$__pss_t"; or builtin set -g __pss_t /proc/$fish_pid/fd/0
# By their paths, as PATH may be emptied: a name that is not found would be the user's fish_command_not_found's.
for x in dd kill od sh stty
	builtin set -g __pss_$x (command -s $x; or builtin echo /bin/$x)
end
builtin set -g __pss_fish (builtin status fish-path)

# ---- marks
function __pss_mark
	builtin printf '\e]7337;%s;%s\a' $argv
end

# ---- around the user's text
# The right prompt is always ours, and says that the reader waits, even where an interrupt has cut us short. The
# user's is put aside as soon as it is there. Ours is known by its description: to print a function takes fish long.
function __pss_take_right
	builtin contains -- __pss_right (builtin functions -Dv fish_right_prompt); and return
	builtin functions -q __pss_user_right; and builtin functions -e __pss_user_right
	builtin functions -q fish_right_prompt; and builtin functions -c fish_right_prompt __pss_user_right
	function fish_right_prompt --description __pss_right
		# fish 4 paints it once more in front of the output, where it is to be transient.
		builtin contains -- --final-rendering $argv; and return
		builtin set -g fish_bind_mode __pss
		if __pss_rests
			__pss_repaint
		else
			__pss_mark $__pss_now r >$__pss_t
		end
	end
end

# ---- a prompt that changes by itself
# Handlers of the user's that may run while the reader waits: of signals, of the ends of jobs, of what other processes (universal
# variables) or the terminal (its size) change.
function __pss_is_watched
	for word in (builtin functions --handlers | builtin string replace -rf '^(\S+) (?!__pss_|__fish_|fish_).*' '$1')
		builtin string match -qr '^(?:SIG.*|\d+|COLUMNS|LINES)$' -- $word; and return
		builtin set -qU $word; and return
	end
	return 1
end

# Says so where the reader is left waiting.
function __pss_rests
	builtin test -n "$__pss_open" -a -z "$__pss_n"; and __pss_mark $__pss_now 'r;1' >$__pss_t
end

# The reader repaints its prompt: so are the user's rendered, but the first time, as they just have been.
function __pss_repaint
	if builtin set -q __pss_fresh
		builtin set -e __pss_fresh
		return
	end
	builtin set -lx fish_bind_mode $__pss_mode
	__pss_render __pss_ $__pss_statuses
	__pss_say P $__pss_asked "$__pss_p" "$__pss_right"
end

# The user's functions that the reader runs, and stubs in their place while it waits. One of pssession's says so.
function __pss_is_ours
	builtin functions -- $argv[1] | builtin string match -q '*__pss_*'
end

function __pss_stub
	for f in fish_prompt fish_mode_prompt fish_title
		builtin functions -q $f; or continue
		builtin test "$__pss_hide" = $f; and __pss_is_ours $f; and continue
		builtin functions -q __pss_$f; and builtin functions -e __pss_$f
		builtin functions -c $f __pss_$f
	end
	function fish_prompt
		builtin echo # one line: fish_job_summary counts them
	end
	function fish_mode_prompt
	end
	function fish_title
		builtin set -l __pss_stub
	end
	__pss_take_right
	builtin set -g __pss_stubbed 1
	builtin set -g __pss_hide ''
end

function __pss_unstub
	builtin set -q __pss_stubbed; or return
	builtin set -e __pss_stubbed
	for f in fish_prompt fish_mode_prompt fish_title
		builtin test "$__pss_hide" != $f; or continue
		builtin functions -e $f
		builtin functions -q __pss_$f; or continue
		builtin functions -c __pss_$f $f
		builtin functions -e __pss_$f
	end
	builtin test "$__pss_hide" = fish_title -a "$__pss_instead" = long; or return
	builtin functions -q __pss_fish_title; or return
	function fish_title
		__pss_fish_title $__pss_c
	end
end

# The text of a function, from its first line on, without the comment in front of that.
function __pss_text
	builtin set -l text (builtin functions -- $argv[1])
	builtin set -l head (builtin string match -r '^function .*' -- $text)[1]
	builtin printf '%s\n' $text[(builtin contains -i -- "$head" $text)..-1]
end

# The user's handlers of commands and prompts hear of no line that is ours: while one runs they are functions of no event.
function __pss_deafen
	builtin set -g __pss_deaf
	builtin set -g __pss_handlers (builtin functions --handlers-type generic |
		builtin string match -r '^fish_(?:preexec|postexec|prompt) (?!__pss_|__fish_).*')
	builtin set -q __pss_handlers[1]; or return
	for f in (builtin string replace -r '\S+ ' '' -- $__pss_handlers)
		builtin contains -- $f $__pss_deaf; and continue
		builtin set -l text (__pss_text $f)
		builtin set -l heard "$(builtin printf '%s\n' $text)"
		builtin set text[1] (builtin string replace -ra ' --on-event fish_(?:preexec|postexec|prompt)(?= |$)' '' -- $text[1])
		builtin printf '%s\n' $text | builtin source
		builtin set -ga __pss_deaf $f $heard "$(builtin printf '%s\n' $text)"
	end
end

# They hear again, but for those that are other ones by now.
function __pss_hear
	builtin set -q __pss_deaf[1]; or return
	while builtin set -q __pss_deaf[3]
		builtin functions -q $__pss_deaf[1]
		and builtin test "$(__pss_text $__pss_deaf[1])" = "$__pss_deaf[3]"
		and builtin printf '%s\n' $__pss_deaf[2] | builtin source
		builtin set -e __pss_deaf[1..3]
	end
	# It is the last one again.
	__pss_text __pss_ended | builtin source
end

# Calls the user's handlers of the event $argv[1] while they are deaf.
function __pss_call
	builtin set -l s $status
	for f in (builtin string replace -rf "^$argv[1] " '' -- $__pss_handlers)
		__pss_r $s
		$f $__pss_c
	end
end

function __pss_observe
	function __pss_on_int --on-signal INT
	end
end

# What has been typed: letters are in the command line, which takes no control keys.
function __pss_key
	builtin set -l b "$(builtin commandline -b)"
	builtin commandline -r ''
	builtin set -g __pss_keys "$__pss_keys$b$argv[1]"
end

# The sequences of cursor keys, function keys, pasting and Alt, as they follow ESC.
function __pss_key_sequences
	builtin printf '%s\n' O{A,B,C,D,F,H,M,P,Q,R,S} '['{A,B,C,D,F,H,I,O,P,Q,R,S,Z} '[1;'{2,3,4,5,6,7,8}{A,B,C,D,F,H,P,Q,R,S}
	builtin printf '%s~\n' '['{1,2,3,4,5,6,7,8,11,12,13,14,15,17,18,19,20,21,23,24,200,201}
	builtin printf '%s~\n' '['{2,3,5,6,15,17,18,19,20,21,23,24}';'{2,3,4,5,6,7,8}
	builtin string split '' -- '!"#$%&()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNPQRSTUVWXYZ\\]^_`abcdefghijklmnopqrstuvwxyz{|}~' "'"
end

# The bindings of the mode of rest. A user may erase them.
function __pss_bind
	for i in (seq 31) 127
		builtin set -l x '\x'(builtin printf '%02x' $i)
		builtin eval "builtin bind -M __pss $x '__pss_key $x'"
	end
	# fish 4 takes such a sequence for one key.
	if not builtin string match -q '3.*' -- $version
		for x in \e(__pss_key_sequences)
			builtin bind -M __pss $x "__pss_key "(builtin string escape -- $x)
		end
	end
	builtin bind -M __pss '' self-insert
	builtin bind -M __pss \x1e@CALL@ __pss_serve
	builtin bind -M __pss \cc __pss_interrupted
end

# Handlers run in the order of their definition, and fish defines its own (bracketed paste) when it first waits:
# what the reader's painting is made of comes first, then ours, then the user's.
function __pss_order
	# The request has begun. Keys that come with a line's beginning meet a terminal that edits lines: the reader has given it
	# back as it had found it, which is as it reads keys.
	function __pss_begin --on-event fish_preexec
		builtin set -l s $status
		if builtin test -z "$__pss_relay"
			__pss_cook
			__pss_mark $__pss_n s
		end
		__pss_unstub
		builtin set -g fish_bind_mode $__pss_mode
		builtin functions -q __pss_on_int; and builtin functions -e __pss_on_int
		__pss_say b $__pss_n
		builtin test "$__pss_instead" = long; or return
		__pss_r $s
		__pss_call fish_preexec
	end
	function __pss_hooks --on-event fish_prompt
		__pss_mark $__pss_n s
	end
	function __pss_leave --on-event fish_exit
		builtin test -z "$__pss_n"; or __pss_mark $__pss_n s
	end
	for f in (builtin functions --handlers-type generic | builtin string replace -rf '^fish_(?:prompt|preexec|exit) (?!__pss_|__fish_)(.*)' '$1')
		builtin functions -- $f | builtin source
	end
end

# The text has ended. Handlers of the prompt that it has added shall run before our last one.
function __pss_ended --on-event fish_postexec
	if builtin test "$__pss_instead" = long
		__pss_call fish_postexec
		__pss_hear
	else if builtin test "$__pss_instead" = wrong
		__pss_r $__pss_s
		builtin emit fish_posterror $__pss_c
	end
	__pss_observe
	builtin set -g fish_history ''
	__pss_last
	# What the reader says of jobs when the shell shall exit is the user's.
	builtin string match -q '*exit*' -- $__pss_c; and builtin jobs -q; or __pss_mark $__pss_n 'n;1'
end

# A process, which is most of what a line costs: an invocation, which has no keys, goes without.
function __pss_cook
	command $__pss_stty echo icanon isig iexten opost onlcr icrnl <$__pss_t 2>/dev/null
end

function __pss_last
	builtin functions -q __pss_report; and builtin functions -e __pss_report
	function __pss_report --on-event fish_prompt
		builtin set -l s $status $pipestatus
		builtin test -n "$__pss_n"; or return
		builtin set -g __pss_p ''
		builtin set -g __pss_right ''
		if builtin test -z "$__pss_relay"
			builtin test -z "$__pss_u"; or builtin set s $__pss_u $__pss_u
			builtin set -g __pss_statuses $s[2..-1]
			__pss_render '' $__pss_statuses
		end
		__pss_done $s[1]
	end
end

# __pss_paint NAME BETWEEN STATUS…: what the function NAME prints, which may look at the status of each command of a
# pipeline.
function __pss_paint
	switch (builtin count $argv)
		case 3
			__pss_r $argv[3]
		case 4
			__pss_r $argv[3] | __pss_r $argv[4]
		case '*'
			__pss_r $argv[-3] | __pss_r $argv[-2] | __pss_r $argv[-1]
	end
	builtin set -g __pss_painted ($argv[1] | builtin string join -- $argv[2] | builtin string collect)
end

# __pss_render PREFIX STATUS…: the user's prompts, whose functions have names with that prefix.
function __pss_render
	builtin set -g __pss_p ''
	builtin set -g __pss_right ''
	if builtin functions -q $argv[1]fish_mode_prompt
		__pss_paint $argv[1]fish_mode_prompt '' $argv[2..-1]
		builtin set -g __pss_p "$__pss_painted"
	end
	if builtin functions -q $argv[1]fish_prompt
		__pss_paint $argv[1]fish_prompt \n $argv[2..-1]
		builtin set -g __pss_p "$__pss_p$__pss_painted"
	end
	__pss_take_right
	if builtin functions -q __pss_user_right
		__pss_paint __pss_user_right '' $argv[2..-1]
		builtin set -g __pss_right "$__pss_painted"
	end
	builtin test (builtin string length -- "$__pss_p") -le @PROMPT@; or builtin set __pss_p ''
	builtin test (builtin string length -- "$__pss_right") -le 4000; or builtin set __pss_right ''
end

function __pss_r
	return $argv[1]
end

# Ends the request: the report and the mark.
function __pss_done
	builtin test -z "$__pss_u"; or builtin set argv $__pss_u
	builtin set -q __pss_stubbed; or __pss_stub
	if builtin test "$fish_bind_mode" != __pss
		builtin set -g __pss_mode $fish_bind_mode
		builtin set -g fish_bind_mode __pss
	end
	builtin bind -M __pss \cc >/dev/null 2>&1; or __pss_bind
	if builtin test -z "$__pss_m"
		__pss_order
	end
	if builtin test -n "$__pss_relay"
		builtin set -g __pss_p ''
		builtin test "$last_pid" = "$__pss_bang"; or builtin set -g __pss_p background
		if builtin test "$__pss_in" != /dev/null; and builtin test -p "$__pss_d/c$__pss_relay"
			builtin echo over (builtin string replace -r '.*\.' '' -- $__pss_in) >"$__pss_d/c$__pss_relay"
		end
		__pss_stream $__pss_n '>'
		builtin set -g __pss_relay ''
	end
	__pss_hear
	builtin set -g __pss_instead ''
	builtin test -z "$__pss_right"; or __pss_say R $__pss_n "$__pss_right"
	__pss_say E $__pss_n $argv[1] "$PWD" "$__pss_p" ''
	__pss_mark $__pss_n "q;$argv[1]"
	__pss_mark $__pss_n n
	builtin set -g __pss_m $__pss_n
	builtin set -g __pss_asked $__pss_n
	builtin set -g __pss_open ''
	builtin test -z '@RESILIENT@'; and __pss_is_watched; and builtin set -g __pss_open 1
	builtin set -g __pss_fresh 1
	builtin set -g __pss_s $argv[1]
	builtin set -g __pss_n ''
	builtin set -g __pss_u ''
end

# An interrupt that came while the reader read: the key that the engine sends all the same is taken here.
function __pss_interrupted
	__pss_observe
	command $__pss_stty -icanon min 0 time 3 <$__pss_t
	command $__pss_dd bs=9 count=1 <$__pss_t >/dev/null 2>&1
	builtin commandline -r ''
	builtin set -g __pss_keys ''
	__pss_serve
end

# ---- requests: KIND WORD…, between blanks, each ended by NUL
# A read that were itself redirected would take more than one record, and lose the others.
function __pss_read
	while builtin read -z -l r
		builtin set r (builtin string split ' ' -- $r)
		builtin functions -q __pss_do_$r[1]; or continue
		__pss_do_$r[1] $r[2..-1]; and return
	end
	return 1
end

function __pss_serve
	builtin set -l s $status
	if builtin test -n "$__pss_n"
		__pss_observe
		__pss_last
		__pss_done $s
	end
	__pss_key ''
	builtin set -l typed "$__pss_keys"
	# What interrupts the reader while the key comes makes single letters of it.
	if builtin string match -q '*'\x1e@CALL@'*' -- "$__pss_keys"
		builtin set -g __pss_keys "$(builtin string replace -a \x1e@CALL@ '' -- "$__pss_keys")"
	end
	builtin set -g __pss_typed "$__pss_keys"
	builtin set -g __pss_keys ''
	if builtin test -z "$typed"
		__pss_mark $__pss_now t
	else
		__pss_mark $__pss_now 't;1'
	end
	__pss_read <"$__pss_d/q"; and return
	# The fifo has ended, or its directory is gone.
	command $__pss_kill -HUP $fish_pid
end

# Whether the request N has begun already: it may come twice.
function __pss_is_old
	builtin contains -- $argv[1] $__pss_n $__pss_m
end

# The line that is executed is not the text, but one that evaluates it.
function __pss_eval
	builtin set -g __pss_instead $argv[1]
	builtin set -g __pss_hide fish_title
	__pss_deafen
	builtin commandline -r -- ' eval $__pss_c'
end

# b N TEXT: runs TEXT, once.
function __pss_do_b
	__pss_is_old $argv[1]; and return 1
	builtin set -g __pss_now $argv[1]
	builtin set -g __pss_c (builtin printf %b $argv[2] | builtin string collect -N -a)
	builtin commandline -r -- $__pss_c
	builtin commandline --is-valid
	builtin set -l v $status
	# A backslash at the end goes on, as the reader has it.
	builtin test $v -eq 1; and builtin string match -qr '(?<!\\\\)(?:\\\\\\\\)*\\\\$' -- $__pss_c; and builtin set v 2
	if builtin test $v -eq 2 -a (builtin count $argv) -gt 2
		builtin commandline -r ''
		__pss_say v $argv[1] '> '
		return 1
	end
	__pss_mark $argv[1] n
	builtin set -g __pss_n $argv[1]
	if not builtin string match -qr '\S' -- $__pss_c
		# The reader takes an empty line for none: no event tells of it.
		builtin commandline -r ''
		__pss_say b $__pss_n
		__pss_unstub
	else if builtin test $v -ne 0
		__pss_eval wrong
	else if builtin test (builtin string length -- $__pss_c) -gt 500
		__pss_eval long
	end
	builtin commandline -f execute
end

# v N TEXT: the same where TEXT is complete, else says so.
function __pss_do_v
	__pss_do_b $argv ask
end

# z N: the mark again, as an interrupt makes the terminal drop what it holds.
function __pss_do_z
	if builtin test "$argv[1]" = "$__pss_m"
		__pss_mark $__pss_m "q;$__pss_s"
	end
	return 1
end

# g N: what was typed and read by nobody, as hexadecimal digits.
function __pss_do_g
	builtin set -g __pss_asked $argv[1]
	builtin set -l m
	if builtin test -n "$__pss_typed"
		builtin set m (builtin printf %s "$__pss_typed" | command $__pss_od -An -v -tx1 | builtin string join '')
	end
	builtin set -g __pss_typed ''
	__pss_say k $argv[1] "$m"
	return 1
end

# d: what lies in the terminal may be a key that came twice.
function __pss_do_d
	command $__pss_stty -icanon min 0 time 0 <$__pss_t
	command $__pss_dd bs=4096 count=1 <$__pss_t >/dev/null 2>&1
	return 1
end

# w: the reader waits again, where handlers of the user's may run meanwhile.
function __pss_do_w
	__pss_rests
end

# h: a hang-up.
function __pss_do_h
	command $__pss_kill -HUP $fish_pid
end

# ---- invocations
# __pss_stream N KIND: the streams of the invocation N begin (<) or end (>) here.
function __pss_stream
	for f in o e
		if builtin test -p "$__pss_d/$f$__pss_relay"
			builtin printf '\x1e%s%s' $argv >"$__pss_d/$f$__pss_relay"
		end
	end
end

# i N K I|n TEXT: an invocation, whose output is the fifos of relay K; its input that of number I, or nothing.
function __pss_do_i
	__pss_is_old $argv[1]; and return 1
	builtin set -g __pss_now $argv[1]
	__pss_mark $argv[1] n
	builtin set -g __pss_n $argv[1]
	builtin set -g __pss_relay $argv[2]
	builtin set -g __pss_in /dev/null
	builtin test $argv[3] = n; or builtin set -g __pss_in "$__pss_d/i$argv[2].$argv[3]"
	builtin set -g __pss_bang "$last_pid"
	builtin set -g __pss_c (builtin printf %b $argv[4] | builtin string collect -N -a)
	__pss_stream $__pss_n '<'
	builtin set -l run 'eval $__pss_c'
	builtin commandline -r -- $__pss_c
	builtin commandline --is-valid
	# What eval prints about a malformed text goes past its redirections.
	switch $status
		case 1
			builtin set run 'builtin printf %s $__pss_c | command $__pss_fish -N -n'
		case 2
			builtin set run 'builtin echo "fish: the command is not complete" >&2; __pss_r 123'
	end
	# Its title is nobody's. What the reader paints of it ends where it begins.
	builtin set -g __pss_hide fish_title
	__pss_deafen
	builtin commandline -r -- ' __pss_mark $__pss_n s; begin; '"$run; end <"'$__pss_in >$__pss_d/o$__pss_relay 2>$__pss_d/e$__pss_relay'
	builtin commandline -f execute
end

# u argv NAME…: forgets variables of an invocation.
function __pss_do_u
	builtin set -g argv
	for v in $argv[2..-1]
		builtin set -e -g $v
	end
	return 1
end

# f K: ends the relay K, or what is left of one that somebody has killed.
function __pss_do_f
	builtin test -f "$__pss_d/r$argv[1]"; or return 1
	builtin read -l p <"$__pss_d/r$argv[1]"; or return 1
	# By a shell: the program kill of procps takes "-123" for "-1", which is every process there is.
	command $__pss_sh -c 'kill "$1" || kill -KILL "-$1"' sh $p 2>/dev/null
	return 1
end

# ---- completion
# c N POINT TEXT: what may stand at the end of TEXT, which is POINT bytes long.
function __pss_do_c
	builtin set -l text (builtin printf %b $argv[3] | builtin string collect -N -a)
	builtin commandline -r -- $text
	builtin set -l token (builtin commandline -ct | builtin string collect -N -a)
	builtin commandline -r ''
	# The line that it prints has a newline more.
	builtin set -l n (builtin string escape --style=url -- $token | builtin string replace -ra '%..' x | builtin string length)
	# A completer that hangs is interrupted, and we with it; then the reader has to ask for the key once more.
	builtin set -l guard (command $__pss_sh -c '
		{
			pss_wait() { sleep $1 & trap "kill $!; exit" TERM; wait; }
			trap "" INT
			pss_wait 2
			kill -INT -"$1"
			pss_wait 0.2
			kill -VTALRM "$1"
		} >/dev/null 2>&1 &
		echo $!' sh $fish_pid)
	__pss_mark $__pss_now n
	builtin set -g __pss_completing 1
	builtin functions -e __pss_on_int
	builtin set -l found (builtin complete --escape -C $text 2>/dev/null </dev/null)
	__pss_observe
	builtin set -e __pss_completing
	command $__pss_kill $guard
	__pss_mark $__pss_now t
	builtin set -l count (builtin count $found)
	builtin set -l flags
	if builtin test $count -eq 1; and builtin string match -qr '[/=:,@]["\']?(\t.*)?$' -- $found[1]
		builtin set flags n
	end
	__pss_say c $argv[1] (builtin math $argv[2] - $n + 1) "$flags" $count (builtin string join \n -- $found[1..@MOST@] | builtin string collect -a)
	return 1
end

function __pss_resume --on-signal VTALRM
	builtin set -q __pss_completing; or return
	builtin set -e __pss_completing
	__pss_observe
	__pss_mark $__pss_now a
end

# ---- exit
# k: from now on `exit` leaves the session, and the shell stays.
function __pss_do_k
	builtin set -g __pss_kept 1
	function exit
		builtin set -l s $status
		if builtin test -z "$__pss_n"
			builtin exit $argv
		end
		builtin set -q argv[1]; and builtin set s $argv[1]
		if not builtin string match -qr '^-?[0-9]+$' -- $s
			builtin exit $argv
			return
		end
		builtin set -g __pss_u (builtin math "($s % 256 + 256) % 256")
		__pss_say X $__pss_n $__pss_u
		command $__pss_kill -INT $fish_pid
	end
	return 1
end

# ---- the boot's last steps
if builtin test -n '@KEPT@'
	__pss_do_k
end
builtin set -g fish_history ''
__pss_observe
__pss_bind
__pss_order
__pss_last
builtin echo >"$__pss_d/up"
__pss_say r fish $version $fish_pid
