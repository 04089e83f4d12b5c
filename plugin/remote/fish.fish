# fish, 3.4 and later 3.x: sourced by `fish -l -i -C` when the start-up files have been read. fish's own reader
# stays in charge, as nothing else gives a line at its top level. Once it waits, the engine sends it a key of
# ours, and what is bound to that reads requests from the fifo, puts the text into the command line and has it
# executed. What the reader paints lies between the marks n and s (PROTOCOL.md). At rest its mode of bindings
# is ours, where keys only collect; fish_prompt and its like are stubs, and SIGINT is observed, as it would
# cancel what is ours.
set -l d $__pss_d
set -e __pss_d
set -g __pss_d $d
set -g __pss_k @KEY@
set -g __pss_kept ''
set -g __pss_n @FIRST@
set -g __pss_m ''
set -g __pss_u ''
set -g __pss_c ''
set -g __pss_p ''
set -g __pss_s 0
set -g __pss_typed \n
set -g __pss_hide ''
set -g __pss_mode default
set -g __pss_relay ''
set -g __pss_in ''
set -g __pss_bang ''
set -g __pss_t (command tty)
set -g __pss_stty (command -s stty; or echo /bin/stty)
set -g __pss_od (command -s od; or echo /usr/bin/od)

# ---- replies and marks
function __pss_say
	if builtin test -p "$__pss_d/rep"
		builtin printf '\x1e%s%s\0' $__pss_k $argv[1] >"$__pss_d/rep"
		builtin printf '%s\0' $argv[2..-1] >"$__pss_d/rep"
	end
end

function __pss_mark
	builtin printf '\e]7337;%s;%s\a' $argv
end

# ---- around the user's text
# The user's prompt functions, and stubs in their place while the reader waits: it would run them again.
function __pss_stub
	for f in fish_prompt fish_right_prompt fish_mode_prompt fish_title
		functions -q $f; and builtin test "$__pss_hide" != $f; or continue
		functions -q __pss_$f; and functions -e __pss_$f
		functions -c $f __pss_$f
	end
	function fish_prompt
		__pss_mark $__pss_m r
	end
	function fish_right_prompt
	end
	function fish_mode_prompt
	end
	function fish_title
	end
	set -g __pss_stubbed 1
	set -g __pss_hide ''
end

function __pss_unstub
	set -q __pss_stubbed; or return
	set -e __pss_stubbed
	for f in fish_prompt fish_right_prompt fish_mode_prompt fish_title
		builtin test "$__pss_hide" != $f; or continue
		functions -e $f
		functions -q __pss_$f; or continue
		functions -c __pss_$f $f
		functions -e __pss_$f
	end
end

function __pss_observe
	function __pss_on_int --on-signal INT
	end
end

# The bindings of the mode of rest. A user may erase them.
function __pss_bind
	for i in (seq 31) 127
		set -l x '\x'(builtin printf '%02x' $i)
		bind -M __pss (string unescape -- $x | string collect -N) "commandline -i -- $x"
	end
	bind -M __pss '' self-insert
	bind -M __pss \x1e@CALL@ __pss_serve
	bind -M __pss \cc __pss_interrupted
end

# Handlers run in the order of their definition, and fish defines its own (bracketed paste) when it first waits:
# what the reader's painting is made of comes first, then ours, then the user's.
function __pss_order
	# The request has begun, and the terminal is cooked: the reader gave it back.
	function __pss_begin --on-event fish_preexec
		__pss_mark $__pss_n s
		__pss_unstub
		builtin set -g fish_bind_mode $__pss_mode
		functions -q __pss_on_int; and functions -e __pss_on_int
		__pss_say b $__pss_n
	end
	function __pss_hooks --on-event fish_prompt
		__pss_mark $__pss_n s
	end
	for f in (functions --handlers-type generic | string replace -rf '^fish_(?:prompt|preexec) (?!__pss_|__fish_)(.*)' '$1')
		functions -- $f | source
	end
end

# The text has ended. Handlers of the prompt that it has added shall run before our last one.
function __pss_ended --on-event fish_postexec
	__pss_observe
	builtin set -g fish_history ''
	__pss_cook
	__pss_last
	__pss_mark $__pss_n n
end

# The reader saves the modes that it finds, and restores them before it runs the next text: so keys that come
# with its beginning meet a terminal that edits lines.
function __pss_cook
	command $__pss_stty echo icanon isig iexten opost onlcr icrnl <$__pss_t 2>/dev/null
end

function __pss_last
	functions -q __pss_report; and functions -e __pss_report
	function __pss_report --on-event fish_prompt
		builtin set -l s $status
		builtin test -n "$__pss_n"; or return
		builtin set -g __pss_p ''
		if builtin test -z "$__pss_relay"
			builtin set -g __pss_p (fish_prompt | string collect -N)
			if functions -q fish_mode_prompt
				builtin set -l m (fish_mode_prompt | string collect -N)
				builtin set -g __pss_p "$m$__pss_p"
			end
		end
		__pss_done $s
	end
end

# Ends the request: the report and the mark.
function __pss_done
	builtin test -z "$__pss_u"; or builtin set argv $__pss_u
	builtin set -q __pss_stubbed; or __pss_stub
	if builtin test "$fish_bind_mode" != __pss
		builtin set -g __pss_mode $fish_bind_mode
		builtin set -g fish_bind_mode __pss
	end
	bind -M __pss \cc >/dev/null 2>&1; or __pss_bind
	if builtin test -z "$__pss_m"
		__pss_order
	end
	if builtin test -n "$__pss_relay"
		builtin set -g __pss_p ''
		builtin test "$last_pid" = "$__pss_bang"; or builtin set -g __pss_p background
		__pss_stream $__pss_n '>'
		builtin set -g __pss_relay ''
	end
	__pss_say E $__pss_n $argv[1] "$PWD" "$__pss_p" ''
	__pss_mark $__pss_n "q;$argv[1]"
	__pss_mark $__pss_n n
	builtin set -g __pss_m $__pss_n
	builtin set -g __pss_s $argv[1]
	builtin set -g __pss_n ''
	builtin set -g __pss_u ''
end

# An interrupt that came while the reader read: the key that the engine sends all the same is taken here.
function __pss_interrupted
	command $__pss_stty -icanon min 0 time 3 <$__pss_t
	command dd bs=9 count=1 <$__pss_t >/dev/null 2>&1
	__pss_serve
end

# ---- requests: KIND WORD…, between blanks, each ended by NUL
# A read that were itself redirected would take more than one record, and lose the others.
function __pss_read
	while builtin read -z -l r
		set r (string split ' ' -- $r)
		functions -q __pss_do_$r[1]; or continue
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
	builtin set -g __pss_typed (commandline -b | string collect -N)
	commandline -r ''
	__pss_mark $__pss_m t
	__pss_read <"$__pss_d/q"; and return
	# The fifo has ended, or its directory is gone.
	command kill -HUP $fish_pid
end

# Whether the request N has begun already: it may come twice.
function __pss_is_old
	builtin contains -- $argv[1] $__pss_n $__pss_m
end

# b N TEXT: runs TEXT, once.
function __pss_do_b
	__pss_is_old $argv[1]; and return 1
	builtin set -g __pss_c (builtin printf %b $argv[2] | string collect -N -a)
	commandline -r -- $__pss_c
	commandline --is-valid
	builtin set -l v $status
	# A backslash at the end goes on, as the reader has it.
	builtin test $v -eq 1; and string match -qr '(?<!\\\\)(?:\\\\\\\\)*\\\\$' -- $__pss_c; and builtin set v 2
	if builtin test $v -eq 2 -a (builtin count $argv) -gt 2
		commandline -r ''
		__pss_say v $argv[1] '> '
		return 1
	end
	__pss_mark $argv[1] n
	builtin set -g __pss_n $argv[1]
	if not string match -qr '\S' -- $__pss_c
		# The reader takes an empty line for none: no event tells of it.
		commandline -r ''
		__pss_say b $__pss_n
		__pss_unstub
	else if builtin test $v -ne 0 -o (string length -- $__pss_c) -gt 500
		builtin set -g __pss_hide fish_title
		commandline -r -- ' eval $__pss_c'
	end
	commandline -f execute
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
	builtin set -l m
	if builtin test "$__pss_typed" != \n
		builtin set m (builtin printf %s $__pss_typed | command $__pss_od -An -v -tx1 | string join '' | string replace -r '0a$' '')
	end
	builtin set -g __pss_typed \n
	__pss_say k $argv[1] "$m"
	return 1
end

# h: a hang-up.
function __pss_do_h
	command kill -HUP $fish_pid
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

# i N K i|n TEXT: an invocation, whose output is the fifos of relay K; with i its input too, else nothing.
function __pss_do_i
	__pss_is_old $argv[1]; and return 1
	__pss_mark $argv[1] n
	builtin set -g __pss_n $argv[1]
	builtin set -g __pss_relay $argv[2]
	builtin set -g __pss_in /dev/null
	builtin test $argv[3] = n; or builtin set -g __pss_in "$__pss_d/i$argv[2]"
	builtin set -g __pss_bang "$last_pid"
	builtin set -g __pss_c (builtin printf %b $argv[4] | string collect -N -a)
	__pss_stream $__pss_n '<'
	commandline -r -- ' eval $__pss_c <$__pss_in >$__pss_d/o$__pss_relay 2>$__pss_d/e$__pss_relay'
	commandline -f execute
end

# u argv NAME…: forgets variables of an invocation.
function __pss_do_u
	builtin set -g argv
	for v in $argv[2..-1]
		builtin set -e -g $v
	end
	return 1
end

# f K: ends the relay K.
function __pss_do_f
	builtin test -f "$__pss_d/r$argv[1]"; or return 1
	builtin read -l p <"$__pss_d/r$argv[1]"; and command kill $p
	return 1
end

# ---- completion
# c N POINT TEXT: what may stand at the end of TEXT, which is POINT bytes long.
function __pss_do_c
	builtin set -l text (builtin printf %b $argv[3] | string collect -N -a)
	commandline -r -- $text
	builtin set -l token (commandline -ct | string collect -N -a)
	commandline -r ''
	builtin set -l n (string escape --style=url -- $token | string replace -ra '%..' x | string length)
	builtin set -l found (complete --escape -C $text)
	builtin set -l count (builtin count $found)
	builtin set -l flags
	if builtin test $count -eq 1; and string match -qr '[/=:,@]["\']?(\t.*)?$' -- $found[1]
		builtin set flags n
	end
	__pss_say c $argv[1] (math $argv[2] - $n) "$flags" $count (string join \n -- $found[1..@MOST@] | string collect)
	return 1
end

# ---- exit
# k: from now on `exit` leaves the session, and the shell stays.
function __pss_do_k
	set -g __pss_kept 1
	function exit
		builtin set -l s $status
		if status is-command-substitution; or builtin test -z "$__pss_n"
			builtin exit $argv
		end
		builtin set -q argv[1]; and builtin set s $argv[1]
		if not string match -qr '^-?[0-9]+$' -- $s
			builtin exit $argv
			return
		end
		builtin set -g __pss_u (math "($s % 256 + 256) % 256")
		__pss_say X $__pss_n $__pss_u
		command kill -INT $fish_pid
	end
	return 1
end

# ---- the boot's last steps
if builtin test -n '@KEPT@'
	__pss_do_k
end
set -g fish_history ''
__pss_observe
__pss_bind
__pss_last
__pss_order
__pss_say r fish $version $fish_pid
