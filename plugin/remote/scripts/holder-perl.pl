# A holder (PROTOCOL.md, "Holders") in Perl 5, modules of perl-base alone, started by hold.sh in the private directory:
#   holder NAME IDLE UMASK     becomes the holder; standard input and output are its first link
#   holder NAME resume         carries another link between standard input and output and the holder
# holder-python.py is the same program in Python: what is changed here is changed there.
use strict;
use Errno qw(EAGAIN EINTR);
use Fcntl;
use POSIX ();
use Socket;

# Linux on most machines; where it is otherwise the first of these fails, and another keeper is taken.
use constant { TIOCSPTLCK => 0x40045431, TIOCGPTN => 0x80045430, TIOCSWINSZ => 0x5414, TIOCSCTTY => 0x540e };
use constant { LOOK_SECONDS => 60, TOUCH_SECONDS => 6 * 3600 };
use constant { LIMIT => 1 << 20, UNSEEN => 3 << 20, CHUNK => 65536, TELL_BYTES => 1 << 17, TELL_SECONDS => 0.3, GO_SECONDS => 0.5, SO_PEERCRED => 17 };
# What a stream moves at a time. A pipe holds a CHUNK until it is made larger.
use constant { BLOCK => 1 << 18, F_SETPIPE_SZ => 1031 };
use constant { TICKS => POSIX::sysconf(POSIX::_SC_CLK_TCK()) };

my ($name, $idle, $umask) = @ARGV;
my ($home, $shell) = ($ENV{HOME} || '/', $ENV{SHELL} || (getpwuid($<))[8] || '/bin/sh');
# A link is {in, out, keep, lines, first, sent, full, wide, origin}; a child {pid, in, outputs => {fd => [handle, type]}, pty, queue, taken,
# wide, eof, stopped, status}.
my ($link, $waiting, %children);
# Frames that have come since there was a link: {number, child, type, data}, {lost, n} or {text}.
my (@fresh, $fresh_size);
my $now = now(); # of this turn: the clock is a system call
my ($down, $start, $have, $reported, $tell_at, $heard, $ending) = ('', 0, 0, 0, undef, $now, 0);
my $known = 0; # the client has heard that there is a holder
my ($owner, $memo, $last) = ('', '', 0);
# What the client has and nobody has seen: parts {kind, data}, up to UNSEEN; by kind how many more of its bytes are to be
# forgotten when they come (below 0: were forgotten early); and what the client says of bytes that it has not confirmed.
my (@unseen, @owed, @claims, @literals);
my ($unseen_size, $unseen_lost, $unseen_end) = (0, 0, 0);
my $touched = $now;
$fresh_size = 0;

# Time::HiRes is not in perl-base. This clock goes on evenly too, whatever is done to the time of day.
sub now { return (POSIX::times())[0] / TICKS }

sub nonblocking {
	my ($handle) = @_;
	my $flags = fcntl($handle, F_GETFL, 0);
	fcntl($handle, F_SETFL, $flags | O_NONBLOCK);
	return $handle;
}

# Of a pipe that was full. Linux can do that, as far as the user may have pipes of that size.
sub widen {
	my ($handle) = @_;
	fcntl($handle, F_SETPIPE_SZ, BLOCK);
}

sub greet { return "\036$name $_[0]\n" }

sub down_end { return $start + length $down }

# For those who list what is there (find.sh).
sub note {
	my ($name, $text) = @_;
	open(my $file, '>', $name) or return;
	print $file "$text\n";
	close($file);
}

sub is_full {
	my ($child) = @_;
	return ($link || !$child->{drop}) && length($down) + $fresh_size >= LIMIT;
}

# ---- frames
sub say_frame {
	my ($text) = @_;
	if ($link) {
		$down .= $text;
	} else {
		push @fresh, {text => $text};
	}
}

sub say_output {
	my ($number, $child, $type, $data) = @_; # a reference: a copy takes its time
	my $last = $fresh[-1];
	if ($link) {
		$down .= "$type $number " . length($$data) . "\n$$data";
		return;
	}
	if ($last && defined $last->{type} && $last->{number} == $number && $last->{type} eq $type && length $last->{data} < CHUNK) {
		$last->{data} .= $$data;
	} else {
		push @fresh, {number => $number, child => $child, type => $type, data => $$data};
	}
	$fresh_size += length $$data;
	drop_oldest() if $fresh_size > LIMIT;
}

# What the engine must not miss of an output that is dropped: its marks, and what may be half of one at the end.
sub marks_of {
	my ($data) = @_;
	my ($marks, $end) = ('', 0);
	while ($data =~ /(\033\]7337;[^\033\007]{1,80}\007|\036[0-9a-f]{32}[<>RF])/g) {
		$marks .= $1;
		$end = pos($data);
	}
	my ($half) = substr($data, $end) =~ /([\033\036][^\033\036\007]{0,80})\z/;
	return ($marks, $half // '');
}

# Of those whose output may be dropped while nobody is there: standard error only where the rest is not enough. What has
# been sent once stays as it is.
sub drop_oldest {
	my $excess = $fresh_size - LIMIT * 3 / 4;
	$excess = drop_of($_, $excess) for '1', '2';
}

# Half of a mark goes to the bytes that follow it, before these may be dropped.
sub drop_of {
	my ($type, $excess) = @_;
	my (@kept, %lost, %split);
	for my $frame (@fresh) {
		if (defined $frame->{lost}) {
			$lost{$frame->{lost}} = $frame;
		} elsif ($frame->{child} && $frame->{type} eq $type) {
			if (my $split = delete $split{$frame->{number}}) {
				$frame->{data} = substr($split->[0]{data}, -$split->[1], $split->[1], '') . $frame->{data};
			}
			if ($excess > 0 && $frame->{child}{drop}) {
				my ($marks, $half) = marks_of($frame->{data});
				my $n = length($frame->{data}) - length($marks) - length($half);
				push @kept, $lost{$frame->{number}} = {lost => $frame->{number}, n => 0} unless $lost{$frame->{number}};
				$lost{$frame->{number}}{n} += $n;
				$excess -= $n;
				$fresh_size -= $n;
				$frame->{data} = $marks . $half;
				$split{$frame->{number}} = [$frame, length $half] if $half ne '';
			}
		}
		push @kept, $frame;
	}
	@fresh = grep { !defined $_->{data} || $_->{data} ne '' } @kept;
	return $excess;
}

sub flush_fresh {
	for my $frame (@fresh) {
		$down .= defined $frame->{text} ? $frame->{text} : defined $frame->{lost} ? "l $frame->{lost} $frame->{n}\n"
			: "$frame->{type} $frame->{number} " . length($frame->{data}) . "\n$frame->{data}";
	}
	@fresh = ();
	$fresh_size = 0;
}

sub has_more {
	my ($one) = @_;
	return length $one->{first} || defined $one->{sent} && $one->{sent} < down_end();
}

# ---- what nobody has seen
sub forget_unseen {
	my ($kind, $n) = @_;
	$owed[$kind] += $n;
	return if $owed[$kind] <= 0;
	for my $part (@unseen) {
		next if $part->{kind} != $kind;
		my $cut = length $part->{data} < $owed[$kind] ? length $part->{data} : $owed[$kind];
		substr($part->{data}, 0, $cut) = '';
		$owed[$kind] -= $cut;
		$unseen_size -= $cut;
	}
	@unseen = grep { length $_->{data} } @unseen;
}

sub keep_unseen {
	my ($kind, $data) = @_;
	my $last = $unseen[-1];
	if ($last && $last->{kind} == $kind && length $last->{data} < CHUNK) {
		$last->{data} .= $data;
	} else {
		push @unseen, {kind => $kind, data => $data};
	}
	$unseen_size += length $data;
	forget_unseen($kind, 0);
	while ($unseen_size > UNSEEN) {
		my $first = $unseen[0];
		my $n = $unseen_size - UNSEEN;
		$n = length $first->{data} if $n > length $first->{data};
		substr($first->{data}, 0, $n) = '';
		shift @unseen unless length $first->{data};
		$unseen_size -= $n;
		$owed[$first->{kind}] -= $n;
		$unseen_lost += $n;
	}
}

sub keep_literals {
	my ($count) = @_;
	while (@literals && $literals[0]{at} <= $count) {
		my $literal = shift @literals;
		keep_unseen($literal->{kind}, $literal->{data});
	}
}

# The bytes up to there are about to be forgotten.
sub sort_out {
	my ($count) = @_;
	for (my $at = 0; $at < $count - $start;) {
		my $end = index($down, "\n", $at);
		last if $end < 0;
		my ($type, $number, $n) = split / /, substr($down, $at, $end - $at);
		$at = $end + 1;
		next unless $type =~ /^[12u]$/;
		my $from = $start + $at;
		keep_literals($from);
		keep_unseen($number, substr($down, $at, $n)) if $type eq 'u';
		for my $claim (grep { $_->{number} == $number && $_->{type} eq $type } @claims) {
			my $first = $claim->{from} > $from ? $claim->{from} : $from;
			my $last = $claim->{to} < $from + $n ? $claim->{to} : $from + $n;
			keep_unseen($claim->{kind}, substr($down, $first - $start, $last - $first)) if $first < $last;
		}
		$at += $n;
	}
	keep_literals($count);
	@claims = grep { $_->{to} > $count } @claims;
}

# For a client that takes over, in front of all that has not been confirmed.
sub bring_back {
	my $text = $unseen_lost ? "l 0 $unseen_lost\n" : '';
	$text .= "u $_->{kind} " . length($_->{data}) . "\n$_->{data}" for @unseen;
	$down = $text . $down;
	$unseen_end = ($unseen_end > $start ? $unseen_end : $start) + length $text;
	(@unseen, @owed, @claims, @literals) = ();
	$unseen_size = $unseen_lost = 0;
}

sub confirm {
	my ($count) = @_;
	return 0 if $count < $start || $count > down_end();
	sort_out($count) if @claims || @literals || $start < $unseen_end;
	substr($down, 0, $count - $start) = '';
	$start = $count;
	return 1;
}

# ---- a link that is resumed: bytes both ways until either end closes
sub write_all {
	my ($to, $data) = @_;
	for (my $at = 0; $at < length $data;) {
		my $n = syswrite($to, $data, length($data) - $at, $at);
		return 0 unless defined $n;
		$at += $n;
	}
	return 1;
}

# A holder that has closed takes nothing more; what it has said before, its reason for one, is passed on all the same.
sub resume {
	socket(my $socket, AF_UNIX, SOCK_STREAM, 0);
	unless (connect($socket, pack_sockaddr_un('s'))) {
		syswrite(STDOUT, greet('g the holder has ended'));
		return;
	}
	$SIG{PIPE} = 'IGNORE';
	my @ways = ([$socket, \*STDOUT], [\*STDIN, $socket]);
	while (1) {
		my $reading = '';
		vec($reading, fileno($_->[0]), 1) = 1 for @ways;
		next if select(my $readable = $reading, undef, undef, undef) < 0;
		for my $way (@ways) {
			next unless vec($readable, fileno($way->[0]), 1);
			return unless sysread($way->[0], my $data, CHUNK);
			next if write_all($way->[1], $data);
			return if $way == $ways[0];
			pop @ways;
		}
	}
}

# ---- children
sub become {
	my ($command, $term, $tty) = @_;
	$SIG{$_} = 'DEFAULT' for qw(PIPE HUP INT QUIT TERM CHLD XFSZ);
	delete @ENV{qw(TERM SSH_TTY OLDPWD)};
	$ENV{TERM} = $term if defined $term;
	$ENV{SSH_TTY} = $tty if defined $tty;
	$ENV{PWD} = $home;
	chdir($home) || chdir('/');
	umask(oct $umask);
	my ($base) = $shell =~ m{([^/]*)$};
	exec {$shell} $base, '-c', $command;
	POSIX::_exit(255);
}

sub resize {
	my ($handle, $columns, $rows) = @_;
	ioctl($handle, TIOCSWINSZ, pack('S4', $rows, $columns, 0, 0));
}

sub open_terminal {
	sysopen(my $master, '/dev/ptmx', O_RDWR | O_NOCTTY) or return;
	my $number = pack('i', 0);
	ioctl($master, TIOCSPTLCK, $number) or return;
	ioctl($master, TIOCGPTN, $number) or return;
	my $tty = '/dev/pts/' . unpack('i', $number);
	sysopen(my $slave, $tty, O_RDWR | O_NOCTTY) or return;
	return ($master, $slave, $tty);
}

sub add_child {
	my ($number, $pid, $in, $pty, @outputs) = @_;
	$children{$number} = {
		pid => $pid, in => $in, pty => $pty, queue => '', taken => 0, outputs => {map { (fileno($_->[0]), $_) } @outputs}
	};
}

sub start_on_terminal {
	my ($number, $columns, $rows, $term, $command) = @_;
	my ($master, $slave, $tty) = open_terminal();
	resize($slave, $columns, $rows);
	my $pid = fork();
	if ($pid == 0) {
		POSIX::setsid();
		ioctl($slave, TIOCSCTTY, 0);
		POSIX::dup2(fileno($slave), $_) for 0 .. 2;
		become($command, $term, $tty);
	}
	nonblocking($master);
	add_child($number, $pid, $master, 1, [$master, '1']);
}

sub start_on_pipes {
	my ($number, $command) = @_;
	pipe(my $in_there, my $in);
	pipe(my $out, my $out_there);
	pipe(my $err, my $err_there);
	my $pid = fork();
	if ($pid == 0) {
		POSIX::setsid();
		POSIX::dup2(fileno($in_there), 0);
		POSIX::dup2(fileno($out_there), 1);
		POSIX::dup2(fileno($err_there), 2);
		become($command);
	}
	nonblocking($_) for $in, $out, $err;
	add_child($number, $pid, $in, 0, [$out, '1'], [$err, '2']);
}

sub end_input {
	my ($child) = @_;
	close($child->{in}) if $child->{in} && !$child->{pty};
	$child->{in} = undef;
	$child->{taken} += length $child->{queue};
	$child->{queue} = '';
}

# Of what lies at that place of a buffer. How much the child has taken.
sub write_bytes {
	my ($child, $buffer, $at, $n) = @_;
	my $taken = syswrite($child->{in}, $$buffer, $n, $at);
	if (defined $taken) {
		$child->{taken} += $taken;
		widen($child->{in}) if $taken < $n && !$child->{wide}++;
		return $taken;
	}
	end_input($child) unless $! == EAGAIN || $! == EINTR;
	return 0;
}

sub write_child {
	my ($child) = @_;
	substr($child->{queue}, 0, write_bytes($child, \$child->{queue}, 0, length $child->{queue})) = '';
	end_input($child) if $child->{eof} && !length $child->{queue} && !$child->{pty};
}

# The same of what has just come: only what it does not take at once is copied.
sub feed_child {
	my ($child, $buffer, $at, $n) = @_;
	my $done = length $child->{queue} || !$child->{in} || $child->{eof} ? 0 : write_bytes($child, $buffer, $at, $n);
	$child->{queue} .= substr($$buffer, $at + $done, $n - $done) if $done < $n;
	end_input($child) if !$child->{in} || $child->{eof};
}

sub close_child {
	my ($child) = @_;
	close($_->[0]) for values %{$child->{outputs}};
	close($child->{in}) if $child->{in} && !$child->{pty};
	$child->{outputs} = {};
	$child->{in} = undef;
}

# True where there may be more at once.
sub read_output {
	my ($number, $child, $fd) = @_;
	my ($handle, $type) = @{$child->{outputs}{$fd}};
	my $n = sysread($handle, my $data, $link ? BLOCK : CHUNK);
	return 0 if !defined $n && ($! == EAGAIN || $! == EINTR);
	if ($n) {
		widen($handle) if $n == CHUNK;
		say_output($number, $child, $type, \$data);
		return 1;
	}
	delete $child->{outputs}{$fd};
	$child->{in} = undef if $child->{pty};
	close($handle);
	return 0;
}

# A terminal's child is over when it has exited, as background jobs may hold the terminal for ever.
sub finish_if_done {
	my ($number, $child) = @_;
	return if !defined $child->{status} || $child->{stopped};
	if ($child->{pty}) {
		for my $fd (keys %{$child->{outputs}}) {
			1 while !is_full($child) && read_output($number, $child, $fd);
			return if is_full($child);
		}
	} elsif (%{$child->{outputs}}) {
		return;
	}
	close_child($child);
	tell_taken();
	say_frame("x $number $child->{status}\n");
	delete $children{$number};
}

sub reap {
	while ((my $pid = waitpid(-1, POSIX::WNOHANG())) > 0) {
		my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
		$_->{pid} == $pid and $_->{status} = $status for values %children;
	}
}

# ---- lines
sub plain {
	my ($text) = @_;
	$text =~ s/\\([0-7]{3})/chr oct $1/ge;
	return $text;
}

# With the bytes behind a line 'b': how many there are, and where.
sub obey {
	my ($word, $rest, $buffer, $at, $n) = @_;
	if ($word eq 'x') {
		$ending = 1;
		return;
	}
	if ($word eq 'm') {
		$memo = $rest;
		return;
	}
	(my $number, $rest) = split / /, $rest, 2;
	if ($word eq 'i') {
		$idle = $number;
		note('idle', $idle);
		return;
	}
	if ($word eq 'u') {
		my %claim = (kind => $number);
		@claim{qw(number type from to)} = split / /, $rest;
		push @claims, \%claim;
		return;
	}
	if ($word eq 'v') {
		forget_unseen($number, $rest);
		return;
	}
	if ($word eq 'l') {
		my ($at, $data) = split / /, $rest, 2;
		push @literals, {kind => $number, at => $at, data => plain($data)};
		keep_literals($start);
		return;
	}
	$last = $number if $number > $last;
	if ($word eq 'o') {
		my ($columns, $rows, $term, $command) = split / /, $rest, 4;
		start_on_terminal($number, $columns, $rows, plain($term), plain($command));
		return;
	}
	if ($word eq 'p') {
		start_on_pipes($number, plain($rest));
		return;
	}
	my $child = $children{$number} or return;
	if ($word eq 'b') {
		feed_child($child, $buffer, $at, $n);
	} elsif ($word eq 'd') {
		my $bytes = plain($rest);
		feed_child($child, \$bytes, 0, length $bytes);
	} elsif ($word eq 'e') {
		$child->{eof} = 1;
		end_input($child) if !length $child->{queue} && !$child->{pty};
	} elsif ($word eq 'w' && $child->{pty} && %{$child->{outputs}}) {
		resize((values %{$child->{outputs}})[0][0], split / /, $rest);
	} elsif ($word eq 's') {
		kill($rest, -$child->{pid}) if $rest =~ /^[A-Z][A-Z0-9]*$/;
	} elsif ($word eq 'z') {
		$child->{stopped} = $rest eq '1';
	} elsif ($word eq 'k') {
		$child->{drop} = $rest eq '1';
	} elsif ($word eq 'c') {
		close_child($child);
		delete $children{$number};
	}
}

sub end_link {
	my ($one) = @_;
	if ($link && $one == $link) {
		$link = undef;
		unlink('link');
	}
	$waiting = undef if $waiting && $one == $waiting;
	close($_) for grep { $_ } $one->{in}, $one->{out}, $one->{keep};
}

# False: the link cannot go on.
sub take_line {
	my ($from, $line, $at, $n) = @_;
	my ($word, $rest) = split / /, $line, 2;
	if ($word eq '@') {
		my ($count, $who, $origin, $version) = split / /, $rest;
		my $free = !$link || $link == $from;
		my $takes = $count eq '-' || $count eq '?';
		my $refusal = !$takes && $owner ne '' && $owner ne $who ? 'o another client has gone on with the session'
			: $count eq '?' && !$free ? 'b ' . ($link->{origin} // '') : '';
		flush_fresh() if $refusal eq '';
		$count = $start if $takes;
		$refusal ||= $count < $start || $count > down_end() ? 'g what it has to say again is gone' : '';
		if ($refusal) {
			syswrite($from->{out}, greet($refusal));
			return 0;
		}
		bring_back() if $takes && ($version // 0) >= 3;
		$owner = $who;
		end_link($link) if !$free;
		($link, $waiting) = ($from, undef);
		$link->{origin} = $origin;
		note('link', $origin // '-');
		$link->{sent} = $count + 0;
		$link->{first} = greet("h $have $link->{sent} perl-3 " . down_end() . ($takes ? " $last $memo" : ''));
		return 1;
	}
	return 0 if !$link || $from != $link || !defined $link->{sent};
	$known = 1 if $word eq 'A' || $word eq 'H';
	return confirm($rest) if $word eq 'A';
	if ($word eq 'H') {
		$tell_at = $now if $reported < $have;
		return 1;
	}
	if ($word == $have + 1) {
		$have++;
		($word, $rest) = split / /, $rest, 2;
		obey($word, $rest, \$from->{lines}, $at, $n);
		return 1;
	}
	return $word <= $have;
}

sub read_link {
	my ($from) = @_;
	my $n = sysread($from->{in}, $from->{lines}, BLOCK, length $from->{lines});
	return 1 if !defined $n && ($! == EAGAIN || $! == EINTR);
	return 0 unless $n;
	widen($from->{in}) if $n == CHUNK;
	$heard = $now;
	my $at = 0;
	while ((my $end = index($from->{lines}, "\n", $at)) >= 0) {
		my $line = substr($from->{lines}, $at, $end - $at);
		my $count = $line =~ /^\d+ b \d+ (\d+)$/ ? $1 : 0;
		return 0 if $count > LIMIT;
		last if length($from->{lines}) - $end - 1 < $count;
		take_line($from, $line, $end + 1, $count) || return 0;
		$at = $end + 1 + $count;
	}
	substr($from->{lines}, 0, $at) = '';
	return 1;
}

sub tell_taken {
	for my $number (keys %children) {
		my $child = $children{$number};
		say_frame("t $number $child->{taken}\n") if $child->{taken};
		$child->{taken} = 0;
	}
	say_frame("a $have 0\n") if $reported < $have;
	$reported = $have;
	$tell_at = undef;
}

# False: it has ended. One that is full takes more when it says so.
sub write_link {
	while (has_more($link) && !$link->{full}) {
		my ($n, $all);
		if (length $link->{first}) {
			$all = length $link->{first};
			$n = syswrite($link->{out}, $link->{first});
			substr($link->{first}, 0, $n) = '' if $n;
		} else {
			my $at = $link->{sent} - $start;
			$all = length($down) - $at;
			$n = syswrite($link->{out}, $down, $all, $at);
			$link->{sent} += $n if $n;
		}
		return 0 unless defined $n || $! == EAGAIN || $! == EINTR;
		$link->{full} = !defined $n || $n < $all;
		widen($link->{out}) if $link->{full} && !$link->{wide}++;
	}
	return 1;
}

# A shell at rest has been asked to hang up, and ends its jobs then. bash does not while PROMPT_COMMAND runs, where its terminal
# is taken from it.
sub await_terminals {
	my $until = now() + GO_SECONDS;
	while (grep { $_->{pty} && !defined $_->{status} } values %children) {
		return if now() >= $until;
		select(undef, undef, undef, 0.01);
		reap();
	}
}

# Its children, which are hung up by that, have a second to go before it goes.
sub leave {
	await_terminals();
	close_child($_) for values %children;
	my $until = now() + 1;
	select(undef, undef, undef, 0.01) while waitpid(-1, POSIX::WNOHANG()) >= 0 && now() < $until;
	my $here = POSIX::getcwd();
	unlink(qw(holder keeper about where pid s link idle));
	rmdir($here) if defined $here;
}

# What cleans temporary directories by age must not take ours or those of our children, which are beside it, for left
# behind. Who has lost its directory is never found again, and a session that never came to be is nobody's.
sub mind_directory {
	if (!$link && (!$known || !-e 's')) {
		$ending = 1;
	} elsif ($now >= $touched + TOUCH_SECONDS) {
		utime(undef, undef, $_, glob("$_/*")) for grep { lstat($_) && -d _ && -o _ } glob('../.pss-*');
		$touched = $now;
	}
}

sub accept_link {
	my ($listener) = @_;
	accept(my $handle, $listener) or return;
	my (undef, $peer) = unpack('i3', getsockopt($handle, SOL_SOCKET, SO_PEERCRED) || '');
	return unless defined $peer && $peer == $<;
	end_link($waiting) if $waiting;
	$waiting = {in => nonblocking($handle), out => $handle, lines => '', first => ''};
}

sub turn {
	my ($listener, $woken) = @_;
	my ($reading, $writing, %outputs, %inputs) = ('', '');
	for my $number (keys %children) {
		my $child = $children{$number};
		if (!$child->{stopped} && !is_full($child)) {
			$outputs{$_} = $number for keys %{$child->{outputs}};
		}
		$inputs{fileno($child->{in})} = $child if length $child->{queue} && $child->{in};
	}
	my @links = grep { $_ } $link, $waiting;
	vec($reading, $_, 1) = 1 for fileno($listener), fileno($woken), keys %outputs, map { fileno($_->{in}) } @links;
	vec($writing, $_, 1) = 1 for keys %inputs;
	vec($writing, fileno($link->{out}), 1) = 1 if $link && has_more($link);
	# A signal that comes just before the wait is seen behind it: so it ends, now and then, where there is a child.
	my $timeout = %children ? 10 : LOOK_SECONDS;
	for my $at (grep { defined } $tell_at, $idle ? $heard + $idle : undef) {
		my $left = $at - $now;
		$left = 0 if $left < 0;
		$timeout = $left if $left < $timeout;
	}
	my $n = select($reading, $writing, undef, $timeout);
	($reading, $writing) = ('', '') if $n <= 0;
	$now = now();

	if (vec($reading, fileno($woken), 1)) {
		sysread($woken, my $bytes, CHUNK);
		reap();
	}
	for my $fd (keys %outputs) {
		my $child = $children{$outputs{$fd}};
		read_output($outputs{$fd}, $child, $fd) if vec($reading, $fd, 1) && $child && $child->{outputs}{$fd};
	}
	for my $fd (keys %inputs) {
		write_child($inputs{$fd}) if vec($writing, $fd, 1) && $inputs{$fd}{in};
	}
	$link->{full} = 0 if $link && vec($writing, fileno($link->{out}), 1);
	for my $one (@links) {
		next unless $link && $one == $link || $waiting && $one == $waiting;
		end_link($one) if vec($reading, fileno($one->{in}), 1) && !read_link($one);
	}
	accept_link($listener) if vec($reading, fileno($listener), 1);
	finish_if_done($_, $children{$_}) for keys %children;
	my $much = grep { $_->{taken} > TELL_BYTES } values %children;
	my $unreported = $reported < $have || grep { $_->{taken} } values %children;
	if ($unreported && ($link && has_more($link) || $much || defined $tell_at && $now >= $tell_at)) {
		tell_taken();
	} elsif ($unreported && !defined $tell_at) {
		$tell_at = $now + TELL_SECONDS;
	}
	end_link($link) if $link && !write_link();
	mind_directory();
}

sub to_nothing {
	open(my $null, '+<', '/dev/null');
	POSIX::dup2(fileno($null), $_) for 0 .. 2;
}

sub hold {
	socket(my $listener, AF_UNIX, SOCK_STREAM, 0);
	bind($listener, pack_sockaddr_un('s'));
	listen($listener, 4);
	open(my $file, '>', 'pid');
	print $file "$$\n";
	close($file);
	pipe(my $woken, my $waker);
	nonblocking($woken);
	nonblocking($waker);
	$SIG{$_} = 'IGNORE' for qw(HUP INT QUIT PIPE);
	$SIG{CHLD} = sub { syswrite($waker, 'x') };
	$SIG{TERM} = sub { $ending = 1; syswrite($waker, 'x') };
	turn($listener, $woken) until $ending || $idle && $now >= $heard + $idle;
	leave();
}

if ($idle eq 'resume') {
	resume();
	exit 0;
}
open_terminal() or exit 2;
pipe(my $alive, my $keep);
my $pid = fork();
exit 2 unless defined $pid;
if ($pid > 0) {
	close($keep);
	to_nothing();
	sysread($alive, my $byte, 1);
	exit 0;
}
POSIX::setsid();
close($alive);
open(my $in, '<&', \*STDIN);
open(my $out, '>&', \*STDOUT);
to_nothing();
$link = {in => nonblocking($in), out => nonblocking($out), keep => $keep, lines => '', first => ''};
hold();
