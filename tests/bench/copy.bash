# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016 # most texts here are for another shell
# What copy-item takes, for tests/bench/run: beside scp, sftp, `ssh cat`, tar through ssh and rsync, over connections that
# are open already (theirs by ControlMaster) and over new ones. BENCH_COPY_MB is the size of the large file,
# BENCH_COPY_DELAYS are the ways there, in ms.

BENCH_COPY_PWSH_MB=${BENCH_COPY_PWSH_MB:-8} # PowerShell takes some seconds for each
BENCH_COPY_MB=${BENCH_COPY_MB:-64} BENCH_COPY_TIMES=${BENCH_COPY_TIMES:-3}
COPY="enable -f $PSS_LOADABLE copy-item; copy-item"

# way NAME SCRIPT: a way to copy, as a program $HERE/ways/NAME. In the script $1 is a new directory of its own.
way() {
	printf '%s\n' "set -e; set -- \$(mktemp -d $FILES/copied-XXXXXX); chmod 777 \$1" "$2" >"$HERE/ways/$1"
}

# copy_rows NAME…: the medians of these ways, taken in turn, beside the quickest of them but ours.
copy_rows() {
	local name best='' words=()
	for name; do
		words+=("$name" "sh $HERE/ways/$name")
		clean_env sh "$HERE/ways/$name" >/dev/null 2>"$HERE/ways/errors" </dev/null || {
			printf '  %-34s %s\n' "$name" "fails: $(tail -n 1 "$HERE/ways/errors")"
			return 1
		}
	done
	in_turn "$BENCH_COPY_TIMES" "${words[@]}"
	for name; do
		case $name in copy-item*) continue ;; esac
		[ -n "$best" ] && awk "BEGIN { exit !(${MEDIAN[$name]} >= ${MEDIAN[$best]}) }" || best=$name
	done
	for name; do
		row "$name" "${MEDIAN[$name]}" "${MEDIAN[$best]}"
	done
	rm -rf "$FILES"/copied-*
}

make_copy_files() {
	# In memory where that is possible: it is no disk that is measured.
	FILES=$(mktemp -d -p "$(find /dev/shm -maxdepth 0 -writable 2>/dev/null || echo "$HERE")" pss-bench-XXXXXX)
	mkdir -p "$HERE/ways" "$FILES/copy/tree"
	head -c "$((BENCH_COPY_MB * 1048576))" /dev/urandom >"$FILES/copy/big"
	head -c 4096 /dev/urandom >"$FILES/copy/small"
	local i
	for ((i = 0; i < 50; i++)); do
		mkdir "$FILES/copy/tree/$i"
		(cd "$FILES/copy/tree/$i" && tee {1..100} <"$FILES/copy/small" >/dev/null)
	done
	chmod a+x "$FILES"
	chmod -R a+rX "$FILES/copy"
}

# Both ways of one large file. $1: config, $2: name; the session is $S.
large_ways() {
	local big=$FILES/copy/big ssh="ssh -F $1 -S $HERE/mux"
	way copy-item "bash --norc -c '$COPY $S:$big '\$1"
	way ssh-cat "$ssh $2 cat $big >\$1/big"
	way sftp "sftp -q -F $1 -o ControlPath=$HERE/mux $2:$big \$1"
	way scp "scp -q -F $1 -o ControlPath=$HERE/mux $2:$big \$1"
	way scp-new "scp -q -F $1 $2:$big \$1"
	way copy-item-new "bash --norc -c '$COPY -ConfigFile $1 $2:$big '\$1"
	row "$BENCH_COPY_MB MiB down" ''
	copy_rows copy-item ssh-cat sftp scp copy-item-new scp-new
	way copy-item "bash --norc -c '$COPY $big '$S:\$1/"
	way ssh-cat "$ssh $2 \"cat >\$1/big\" <$big"
	way sftp "echo put $big \$1 | sftp -q -b - -F $1 -o ControlPath=$HERE/mux $2"
	way scp "scp -q -F $1 -o ControlPath=$HERE/mux $big $2:\$1"
	row "$BENCH_COPY_MB MiB up" ''
	copy_rows copy-item ssh-cat sftp scp
}

small_ways() {
	local tree=$FILES/copy/tree ssh="ssh -F $1 -S $HERE/mux" both=(copy-item-sftp)
	command -v rsync >/dev/null && both+=(rsync rsync-by-rsh)
	# Some round trips for each file: minutes on a long line.
	[ "$2" != box ] || both+=(scp)
	way copy-item "bash --norc -c '$COPY -Recurse $S:$tree '\$1"
	way copy-item-sftp "bash --norc -c '$COPY -Recurse -Filter \"*\" $S:$tree '\$1"
	way scp "scp -rq -F $1 -o ControlPath=$HERE/mux $2:$tree \$1"
	way tar "$ssh $2 tar -C $FILES/copy -cf - tree | tar -C \$1 -xf -"
	way rsync "rsync -a -e '$ssh' $2:$tree/ \$1/"
	way rsync-by-rsh "rsync -a -e $PSS_BUILD/plugin/rsh/pssession-rsh $S:$tree/ \$1/"
	row '5000 files of 4 KiB down' ''
	copy_rows copy-item tar "${both[@]}"
	way copy-item "bash --norc -c '$COPY -Recurse $tree '$S:\$1/"
	way copy-item-sftp "bash --norc -c '$COPY -Recurse -Filter \"*\" $tree '$S:\$1/"
	way scp "scp -rq -F $1 -o ControlPath=$HERE/mux $tree $2:\$1"
	way tar "tar -C $FILES/copy -cf - tree | $ssh $2 tar -C \$1 -xf -"
	way rsync "rsync -a -e '$ssh' $tree $2:\$1/"
	way rsync-by-rsh "rsync -a -e $PSS_BUILD/plugin/rsh/pssession-rsh $tree $S:\$1/"
	row 'the same up' ''
	copy_rows copy-item tar "${both[@]}"
}

unchanged_ways() {
	local tree=$FILES/copy/tree ssh="ssh -F $1 -S $HERE/mux"
	command -v rsync >/dev/null || return 0
	mkdir -m 777 "$FILES/same"
	cp -rp "$tree" "$FILES/same/"
	chmod -R a+rwX "$FILES/same"
	way copy-item "bash --norc -c '$COPY -Recurse -Update -Preserve $S:$tree '$FILES/same"
	way rsync "rsync -a -e '$ssh' $2:$tree/ $FILES/same/tree/"
	row 'the same, unchanged, down' ''
	copy_rows copy-item rsync
	rm -rf "$FILES/same"
}

# Of one process, and its children that have ended, in ms.
cpu_of() {
	awk -v hertz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13 + $14 + $15) * 1000 / hertz }' "/proc/$1/stat"
}

# cpu_row NAME PID COMMAND…: what a way takes of the processor, here and in the process that has the connection.
cpu_row() {
	local name=$1 pid=$2 before used TIMEFORMAT='%U %S'
	shift 2
	before=$(cpu_of "$pid")
	clean_env_words
	used=$({ time "${CLEAN_ENV[@]}" "$@" </dev/null >/dev/null 2>&1; } 2>&1 | awk '{ print ($1 + $2) * 1000 }')
	row "$name" "$(awk "BEGIN { print int($used + $(cpu_of "$pid") - $before) }")"
}

cpu_rows() {
	local host master big=$FILES/copy/big
	host=$(host_pids | head -n 1)
	master=$(ssh -F "$1" -S "$HERE/mux" -O check "$2" 2>&1 | tr -dc 0-9)
	way copy-item "bash --norc -c '$COPY $S:$big '\$1"
	way ssh-cat "ssh -F $1 -S $HERE/mux $2 cat $big >\$1/big"
	row "processor time of $BENCH_COPY_MB MiB down (ms)" ''
	cpu_row copy-item "$host" sh "$HERE/ways/copy-item"
	cpu_row ssh-cat "$master" sh "$HERE/ways/ssh-cat"
	awk '/VmHWM/ { printf "  %-34s %9.1f  MiB\n", "most memory of the host process", $2 / 1024 }' "/proc/$host/status"
	rm -rf "$FILES"/copied-*
}

# copy_group CONFIG NAME
copy_group() {
	S=$(local_bash 'new-pssession -ConfigFile $1 $2' "$1" "$2")
	ssh -F "$1" -M -S "$HERE/mux" -fN "$2" 3>&-
	large_ways "$@"
	small_ways "$@"
	unchanged_ways "$@"
	cpu_rows "$@"
	ssh -F "$1" -S "$HERE/mux" -O exit "$2" 2>/dev/null
	local_bash 'remove-pssession -Session $1' "$S"
}

# pwsh_rows NAME PATH-OPTIONS: both ways of it, beside PowerShell's own. The files are $FILES/copy/NAME.
pwsh_rows() {
	local from=$FILES/copy/$1 to=$FILES/pwsh
	mkdir -m 777 "$to"
	both "$BENCH_COPY_TIMES" "$1_down" "Copy-Item $2 -FromSession \$s -Path '$from' -Destination '$to/theirs-down-%N'" \
		"copy-item $2 \"\$s:$from\" '$to/ours-down-%N'"
	both_rows "$1_down" "$1 down"
	both "$BENCH_COPY_TIMES" "$1_up" "Copy-Item $2 -ToSession \$s -Path '$from' -Destination '$to/theirs-up-%N'" \
		"copy-item $2 '$from' \"\$s:$to/ours-up-%N\""
	both_rows "$1_up" "$1 up"
	diff -r "$from" "$to/theirs-up-0" && diff -r "$from" "$to/ours-up-0" || echo '  (what was copied differs)'
	rm -rf "$to"
}

# PowerShell's Copy-Item by remoting, which is a pwsh that runs already, as our shell does.
bench_copy_powershell() {
	local i
	if [ -z "${PSS_PWSH-}" ]; then
		title "PowerShell's Copy-Item: left out, as PSS_PWSH names no pwsh"
		return
	fi
	head -c "$((BENCH_COPY_PWSH_MB * 1048576))" /dev/urandom >"$FILES/copy/file"
	mkdir "$FILES/copy/directory"
	for ((i = 0; i < 100; i++)); do
		cp "$FILES/copy/small" "$FILES/copy/directory/$i"
	done
	chmod -R a+rX "$FILES/copy"
	powershell_server && proxy_start 0 || return
	powershell_clients
	ask THEIRS '$s = New-PSSession @near'
	ask OURS "s=\$(new-pssession $NEAR box)"
	title "beside PowerShell's Copy-Item: $BENCH_COPY_PWSH_MB MiB, and 100 files of 4 KiB (ms, loopback, open sessions)"
	pwsh_rows file ''
	pwsh_rows directory -Recurse
	end_processes "${LOOPS[@]}"
	proxy_stop
	rm -rf "$PROXY"
}

bench_copy() {
	local delay
	make_copy_files
	title 'copying, loopback (ms; open connections but where -new says so)'
	copy_group "$WORLD/ssh/ssh_config" box
	for delay in ${BENCH_COPY_DELAYS-25 100}; do
		title "the same through a proxy with $delay ms one way"
		proxy_start "$delay"
		copy_group "$FAR_CONFIG" far
		proxy_stop
		rm -rf "$PROXY"
	done
	bench_copy_powershell
	rm -rf "$FILES" "$HERE/ways"
}
