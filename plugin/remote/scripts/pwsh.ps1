# PowerShell, from 7.3: dot-sourced by `pwsh -NoExit -Command` when the profiles have been read. The host's own loop stays in
# charge, as nothing else gives a line at its top level. It asks PSConsoleHostReadLine for each line, as it asks
# PSReadLine's function; ours reads requests from the fifo and returns the text of the one that is to run. So `$?`,
# $LASTEXITCODE, the history and the positions of errors are the host's own. What the host calls begins with
# DebuggerHidden, which keeps it out of the user's traces (Set-PSDebug).
$global:__pss = @{
	d = [Environment]::GetEnvironmentVariable('__pss_d')
	key = [char]30 + [IO.File]::ReadAllText((Join-Path ([Environment]::GetEnvironmentVariable('__pss_d')) key)).Trim()
	kept = '@KEPT@'
	utf8 = [Text.UTF8Encoding]::new($false)
	# What has been read of the fifo, and so much of that is done with.
	read = [byte[]]::new(0)
	at = 0
	# The request that runs, and the one before it.
	n = '@FIRST@'
	m = ''
	status = 0
	# Of the one that runs: what there was before it, what is known of its text, and what has become of it.
	code = $global:LASTEXITCODE
	history = 0
	is_blank = $false
	is_wrong = $false
	typed = $null
	ok = $null
	number = $null
	relay = ''
}
[Environment]::SetEnvironmentVariable('__pss_d', $null)

# ---- replies and marks
# Opened for reading too, as opening a fifo without a reader blocks; never created, where the directory is gone.
$__pss.write = {
	[Diagnostics.DebuggerHidden()]
	param($name, $text)
	try {
		$fifo = [IO.FileStream]::new("$($__pss.d)/$name", 'Open', 'ReadWrite', 'ReadWrite', 1)
		$bytes = $__pss.utf8.GetBytes($text)
		$fifo.Write($bytes, 0, $bytes.Length)
		$fifo.Dispose()
	} catch {
	}
}
$__pss.say = {
	[Diagnostics.DebuggerHidden()]
	param([string[]] $fields)
	$fields = foreach ($x in $fields) { $x.Replace([string][char]0, '') }
	& $__pss.write rep ($__pss.key + [string]::Join([char]0, $fields) + [char]0)
}
$__pss.show = {
	[Diagnostics.DebuggerHidden()]
	param($text)
	$bytes = $__pss.utf8.GetBytes($text)
	$__pss.terminal.Write($bytes, 0, $bytes.Length)
}
$__pss.mark = {
	[Diagnostics.DebuggerHidden()]
	param($nonce, $kind)
	& $__pss.show ([char]27 + "]7337;$nonce;$kind" + [char]7)
}
# Runs a program for this file, not as a command of PowerShell: no alias, no $LASTEXITCODE.
$__pss.run = {
	[Diagnostics.DebuggerHidden()]
	param()
	$start = [Diagnostics.ProcessStartInfo]::new('/bin/sh')
	foreach ($x in @('-c') + $args) { $start.ArgumentList.Add($x) }
	$process = [Diagnostics.Process]::Start($start)
	$process.WaitForExit()
	$process.Dispose()
}
# What the user's functions add to $Error, or make of $LASTEXITCODE, is none of a line's.
$__pss.apart = {
	[Diagnostics.DebuggerHidden()]
	param($block)
	$code = $global:LASTEXITCODE
	$errors = $global:Error.Count
	& $block
	$global:LASTEXITCODE = $code
	while ($global:Error.Count -gt $errors) { $global:Error.RemoveAt(0) }
}

# ---- behind the user's text
# Each program's end makes another box.
$__pss.has_run = {
	[Diagnostics.DebuggerHidden()]
	param($code)
	-not [object]::ReferenceEquals($code, $__pss.code)
}
# What the host knows of the text: nothing where it was none.
$__pss.last = {
	[Diagnostics.DebuggerHidden()]
	param()
	$last = Microsoft.PowerShell.Core\Get-History -Count 1
	if ($last -and $last.Id -ne $__pss.history) { $last }
}
# Its status, as a number. One that ran as a file, or as an invocation, has a last statement that sets `ok`: where it was
# not reached, an error, `exit` or `return` is why.
$__pss.judge = {
	[Diagnostics.DebuggerHidden()]
	param($ok, $code, $last)
	if ($__pss.is_blank) { return $__pss.status }
	if ($last -and $last.ExecutionStatus -eq 'Stopped') { return 130 }
	if ($__pss.is_wrong) { return 1 }
	$number = if (& $__pss.has_run $code) { $code -band 255 } else { 0 }
	if ($null -ne $__pss.ok) {
		$ok = $__pss.ok
	} elseif ($__pss.relay -or $null -ne $__pss.typed) {
		if ($last -and $last.ExecutionStatus -eq 'Failed') { return 1 }
		return $number
	}
	if ($ok) { return 0 }
	if ($number) { return $number }
	return 1
}
# A text that ran as a file (below) has an end that it did not come to: `exit`, where the host took it for completed.
$__pss.leave = {
	[Diagnostics.DebuggerHidden()]
	param($code, $last)
	if ($null -ne $__pss.ok -or -not (& $__pss.has_run $code)) { return }
	if ($last -and $last.ExecutionStatus -eq 'Completed') {
		$__pss.number = $code -band 255
		& $__pss.say X, $__pss.n, $__pss.number
	}
}
# The history has what was typed, if anything was.
$__pss.rename = {
	[Diagnostics.DebuggerHidden()]
	param($last, $text)
	if (-not $last) { return }
	Microsoft.PowerShell.Core\Clear-History -Id $last.Id
	if ($text) {
		Microsoft.PowerShell.Core\Add-History -InputObject ([pscustomobject]@{
			CommandLine = $text
			ExecutionStatus = $last.ExecutionStatus
			StartExecutionTime = $last.StartExecutionTime
			EndExecutionTime = $last.EndExecutionTime
		})
	}
}
# What Write-Host writes in a prompt is a part of it.
$__pss.paint = {
	[Diagnostics.DebuggerHidden()]
	param($message)
	if ($message -isnot [Management.Automation.HostInformationMessage]) { return "$message`n" }
	$style = [Management.Automation.PSStyle]
	$colors = ''
	if ([int]$message.ForegroundColor -ge 0) { $colors += $style::MapForegroundColorToEscapeSequence($message.ForegroundColor) }
	if ([int]$message.BackgroundColor -ge 0) { $colors += $style::MapBackgroundColorToEscapeSequence($message.BackgroundColor) }
	$colors + $message.Message + $(if ($colors) { [char]27 + '[0m' }) + $(if (-not $message.NoNewLine) { "`n" })
}
# The user's prompt, which may look at $?: as for the host, the first of what it gives.
$__pss.prompt = {
	[Diagnostics.DebuggerHidden()]
	param($ok)
	$text = & $__pss.apart {
		[Diagnostics.DebuggerHidden()]
		param()
		try {
			$text = ''
			$has_result = $false
			if (-not $ok) { Microsoft.PowerShell.Utility\Write-Error x -ErrorAction Ignore }
			foreach ($x in prompt 6>&1) {
				if ($x -is [Management.Automation.InformationRecord]) {
					$text += & $__pss.paint $x.MessageData
				} elseif (-not $has_result) {
					$text += $x
					$has_result = $true
				}
			}
			$text
		} catch {
		}
	}
	if (-not $text) { return 'PS> ' }
	if ($text.Length -le @PROMPT@) { return $text }
}
# Ends the request: the report and the mark. Where an interrupt comes in between, all of it happens again. The host has set
# the terminal to a mode of its cursor keys, which is not that of a local editor.
$__pss.done = {
	[Diagnostics.DebuggerHidden()]
	param($ok, $code)
	if ($null -eq $__pss.number) {
		$last = & $__pss.last
		$__pss.number = & $__pss.judge $ok $code $last
		if ($__pss.relay -or -not $__pss.m) {
			& $__pss.rename $last
		} elseif ($null -ne $__pss.typed) {
			& $__pss.leave $code $last
			& $__pss.rename $last $__pss.typed
		}
	}
	$prompt = ''
	if ($__pss.relay) {
		& $__pss.end_streams
	} else {
		if (& $__pss.has_run $code) { & $__pss.run 'stty icanon isig iexten opost onlcr icrnl' }
		$prompt = & $__pss.prompt ($__pss.number -eq 0)
	}
	& $__pss.show ([char]27 + '[?1l' + [char]27 + '>')
	& $__pss.say E, $__pss.n, $__pss.number, $ExecutionContext.SessionState.Path.CurrentLocation.Path, $prompt, ''
	& $__pss.mark $__pss.n "q;$($__pss.number)"
	$__pss.status = $__pss.number
	$__pss.m = $__pss.n
	$__pss.n = ''
}

# ---- requests: KIND WORD..., between blanks, each ended by NUL
# The next one; it stays where it is until what is called for it has ended, as an interrupt may come.
$__pss.record = {
	[Diagnostics.DebuggerHidden()]
	param()
	while (($end = [Array]::IndexOf($__pss.read, [byte]0, $__pss.at)) -lt 0) {
		$block = [byte[]]::new(65536)
		$count = $__pss.requests.Read($block, 0, $block.Length)
		# The fifo has ended.
		if ($count -le 0) {
			& $__pss.run 'kill -HUP $PPID'
			[Environment]::Exit(129)
		}
		$rest = $__pss.read.Length - $__pss.at
		$all = [byte[]]::new($rest + $count)
		[Array]::Copy($__pss.read, $__pss.at, $all, 0, $rest)
		[Array]::Copy($block, 0, $all, $rest, $count)
		$__pss.read = $all
		$__pss.at = 0
	}
	$__pss.next = $end + 1
	$__pss.utf8.GetString($__pss.read, $__pss.at, $end - $__pss.at)
}
# \xhh are bytes.
$__pss.text = {
	[Diagnostics.DebuggerHidden()]
	param($word)
	$__pss.utf8.GetString([Text.Encoding]::Latin1.GetBytes([regex]::Unescape($word)))
}
# Whether the request N has begun already: it may come twice.
$__pss.is_old = {
	[Diagnostics.DebuggerHidden()]
	param($nonce)
	$nonce -eq $__pss.n -or $nonce -eq $__pss.m
}
$__pss.begin = {
	[Diagnostics.DebuggerHidden()]
	param($nonce)
	$__pss.n = $nonce
	$__pss.code = $global:LASTEXITCODE
	$last = Microsoft.PowerShell.Core\Get-History -Count 1
	$__pss.history = if ($last) { $last.Id } else { 0 }
	$__pss.is_blank = $__pss.is_wrong = $false
	$__pss.typed = $__pss.ok = $__pss.number = $null
	$__pss.relay = ''
}
$__pss.parse = {
	[Diagnostics.DebuggerHidden()]
	param($text)
	$tokens = $errors = $null
	$tree = [Management.Automation.Language.Parser]::ParseInput($text, [ref] $tokens, [ref] $errors)
	@{ tree = $tree; errors = $errors }
}

# b N TEXT: runs TEXT, once. What it returns is the line.
$__pss.do_b = {
	[Diagnostics.DebuggerHidden()]
	param($nonce, $word, $ask)
	if (& $__pss.is_old $nonce) { return }
	$text = & $__pss.text $word
	$parsed = & $__pss.parse $text
	foreach ($x in $parsed.errors) {
		if ($ask -and $x.IncompleteInput) {
			& $__pss.say v, $nonce, '>> '
			return
		}
	}
	& $__pss.begin $nonce
	$__pss.is_blank = [string]::IsNullOrWhiteSpace($text)
	$__pss.is_wrong = $parsed.errors.Count -gt 0
	if ($__pss.kept -and -not $__pss.is_wrong -and $NestedPromptLevel -eq 0 -and (& $__pss.may_exit $parsed.tree)) {
		$__pss.typed = $text
		$path = & $__pss.file $text
		$text = if ($path) { ". '" + $path.Replace("'", "''") + "'" } else { 'throw "this line has not run: no file can be written for it"' }
	}
	& $__pss.mark $nonce s
	& $__pss.say b, $nonce
	return $text
}
# v N TEXT: the same where TEXT is complete, else says so.
$__pss.do_v = {
	[Diagnostics.DebuggerHidden()]
	param($nonce, $word)
	& $__pss.do_b $nonce $word $true
}
# z N: the mark again, as an interrupt makes the terminal drop what it holds.
$__pss.do_z = {
	[Diagnostics.DebuggerHidden()]
	param($nonce)
	if ($nonce -eq $__pss.m) { & $__pss.mark $nonce "q;$($__pss.status)" }
}
# g N SENTINEL: what was typed and read by nobody.
$__pss.do_g = {
	[Diagnostics.DebuggerHidden()]
	param($nonce, $sentinel)
	& $__pss.run 'exec /bin/sh "$0/typed" "$1" "$2"' $__pss.d $nonce $sentinel
}
# h: a hang-up.
$__pss.do_h = {
	[Diagnostics.DebuggerHidden()]
	param()
	& $__pss.run 'kill -HUP $PPID'
}
# f K: ends the relay K, or what is left of one that somebody has killed.
$__pss.do_f = {
	[Diagnostics.DebuggerHidden()]
	param($relay)
	& $__pss.run '{ read -r p <"$0" && { kill "$p" || kill -KILL "-$p"; }; } 2>/dev/null' "$($__pss.d)/r$relay"
}
# u argv NAME...: forgets variables of an invocation.
$__pss.do_u = {
	[Diagnostics.DebuggerHidden()]
	param()
	foreach ($x in [Linq.Enumerable]::Skip([string[]]$args, 1)) {
		Microsoft.PowerShell.Utility\Remove-Variable -Name $x -Scope Global -Force -ErrorAction Ignore
	}
}

# ---- exit
# It is a keyword, and ends the shell; in a file it ends the file. So a text runs as one that has it, or calls a function
# that has.
$__pss.has_exit = {
	[Diagnostics.DebuggerHidden()]
	param($tree)
	$null -ne $tree.Find({ $args[0] -is [Management.Automation.Language.ExitStatementAst] }, $true)
}
$__pss.may_exit = {
	[Diagnostics.DebuggerHidden()]
	param($tree)
	if (& $__pss.has_exit $tree) { return $true }
	foreach ($x in $tree.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)) {
		$name = $x.GetCommandName()
		if (-not $name) { continue }
		$command = $ExecutionContext.InvokeCommand.GetCommand($name, 'Function')
		if ($command -and (& $__pss.has_exit $command.ScriptBlock.Ast)) { return $true }
	}
	return $false
}
# A file of that text, which says that it has come to its end; nothing where there is no room for all of it.
$__pss.file = {
	[Diagnostics.DebuggerHidden()]
	param($text)
	$path = "$($__pss.d)/text.ps1"
	try {
		[IO.File]::WriteAllText($path, $text + "`n`$global:__pss.ok = `$?`n", $__pss.utf8)
		return $path
	} catch {
	}
}
# k: from now on `exit` leaves the session, and the shell stays.
$__pss.do_k = {
	[Diagnostics.DebuggerHidden()]
	param()
	$__pss.kept = '1'
}

# ---- invocations
# i N K I|n TEXT: an invocation, whose output is the fifos of relay K; its input that of number I, or nothing. TEXT is a number
# and a blank, so many bytes of what sets variables, and the user's. Programs have the fifos as their descriptors, so that they carry any bytes. The
# host would draw its own on them too, so all of that is done in the line and taken back by it; what the
# host says of an error that ends the line comes behind it.
$__pss.do_i = {
	[Diagnostics.DebuggerHidden()]
	param($nonce, $relay, $number, $word)
	if (& $__pss.is_old $nonce) { return }
	$bytes = [Text.Encoding]::Latin1.GetBytes([regex]::Unescape($word))
	$start = [Array]::IndexOf($bytes, [byte]32) + 1
	$end = $start + [int]$__pss.utf8.GetString($bytes, 0, $start)
	$set = $__pss.utf8.GetString($bytes, $start, $end - $start)
	$text = $__pss.utf8.GetString($bytes, $end, $bytes.Length - $end)
	& $__pss.begin $nonce
	$__pss.relay = $relay
	$__pss.in = if ($number -eq 'n') { '/dev/null' } else { "$($__pss.d)/i$relay.$number" }
	$__pss.args = @()
	. ([scriptblock]::Create($set))
	$global:__pss_args = $__pss.args
	$parsed = & $__pss.parse $text
	$__pss.block = if ($parsed.errors) {
		$__pss.is_wrong = $true
		$__pss.error = [Management.Automation.ParseException]::new($parsed.errors)
		{ throw $__pss.error }
	} elseif (& $__pss.may_exit $parsed.tree) {
		(& $__pss.file $text) ?? { throw 'this command has not run: no file can be written for it' }
	} else {
		[scriptblock]::Create($text + "`n`$global:__pss.ok = `$?")
	}
	& $__pss.begin_streams
	& $__pss.say b, $nonce
	return '& $__pss.take_streams; try { . $__pss.block @__pss_args 2>$__pss.errors } finally { & $__pss.give_streams }'
}
$__pss.dup2 = {
	[Diagnostics.DebuggerHidden()]
	param($stream, $descriptor)
	if (-not $__pss.libc) {
		$name = [Reflection.AssemblyName]::new('pss')
		$type = [Reflection.Emit.AssemblyBuilder]::DefineDynamicAssembly($name, 'Run').DefineDynamicModule('pss').DefineType('libc', 'Public')
		$method = $type.DefinePInvokeMethod('dup2', 'libc', 'Public, Static, PinvokeImpl', 'Standard', [int], @([int], [int]), 'Winapi', 'Ansi')
		$method.SetImplementationFlags('PreserveSig')
		$__pss.libc = $type.CreateType()
	}
	[void]$__pss.libc::dup2([int]$stream.SafeFileHandle.DangerousGetHandle(), $descriptor)
}
# Has .NET write no title behind a program, which it would write to descriptor 1.
$__pss.redirected = {
	[Diagnostics.DebuggerHidden()]
	param([bool]$is)
	foreach ($x in '_isStdOutRedirected', 's_isStdOutRedirected') {
		$field = [Console].GetField($x, [Reflection.BindingFlags] 'NonPublic, Static')
		if ($field) { $field.SetValue($null, [Runtime.CompilerServices.StrongBox[bool]]::new($is)) }
	}
}
$__pss.begin_streams = {
	[Diagnostics.DebuggerHidden()]
	param()
	$__pss.errors = "$($__pss.d)/e$($__pss.relay)"
	$__pss.streams = @()
	$__pss.streams += @([IO.FileStream]::new($__pss.in, 'Open', 'Read', 'ReadWrite', 1))
	foreach ($x in 'o', 'e') {
		$stream = [IO.FileStream]::new("$($__pss.d)/$x$($__pss.relay)", 'Open', 'ReadWrite', 'ReadWrite', 1)
		$bytes = $__pss.utf8.GetBytes([char]30 + $__pss.n + '<')
		$stream.Write($bytes, 0, $bytes.Length)
		$__pss.streams += $stream
	}
}
$__pss.take_streams = {
	[Diagnostics.DebuggerHidden()]
	param()
	$__pss.console = @([Console]::In, [Console]::Out, [Console]::Error, $PSStyle.OutputRendering, $global:ProgressPreference)
	& $__pss.redirected $true
	$PSStyle.OutputRendering = 'PlainText'
	$global:ProgressPreference = 'SilentlyContinue'
	foreach ($x in 0, 1, 2) { & $__pss.dup2 $__pss.streams[$x] $x }
	[Console]::SetIn([IO.StreamReader]::new($__pss.streams[0], $__pss.utf8))
	foreach ($x in 1, 2) {
		$writer = [IO.StreamWriter]::new($__pss.streams[$x], $__pss.utf8)
		$writer.AutoFlush = $true
		if ($x -eq 1) { [Console]::SetOut($writer) } else { [Console]::SetError($writer) }
	}
}
# The host is still to say which error has ended the line, and begins its own then.
$__pss.give_streams = {
	[Diagnostics.DebuggerHidden()]
	param()
	$terminal = [IO.FileStream]::new($__pss.tty, 'Open', 'ReadWrite', 'ReadWrite', 1)
	foreach ($x in 0, 1, 2) { & $__pss.dup2 $terminal $x }
	$terminal.Dispose()
	[Console]::SetIn($__pss.console[0])
	[Console]::SetError($__pss.console[2])
	$__pss.late = [IO.StringWriter]::new()
	[Console]::SetOut($__pss.late)
}
$__pss.end_streams = {
	[Diagnostics.DebuggerHidden()]
	param()
	if ($__pss.console) {
		# An interrupt may have come before the line could take care of it.
		if (-not $__pss.late) { & $__pss.give_streams }
		& $__pss.redirected $false
		[Console]::SetOut($__pss.console[1])
		$PSStyle.OutputRendering = $__pss.console[3]
		if ($global:ProgressPreference -eq 'SilentlyContinue') { $global:ProgressPreference = $__pss.console[4] }
		$__pss.console = $null
	}
	$late = if ($__pss.late) { $__pss.late.ToString().Replace([char]27 + '[?1h', '') } else { '' }
	$__pss.late = $null
	for ($x = 1; $x -lt $__pss.streams.Count; $x++) {
		$end = [char]30 + $__pss.n + '>'
		$bytes = $__pss.utf8.GetBytes($(if ($x -eq 2) { $late + $end } else { $end }))
		$__pss.streams[$x].Write($bytes, 0, $bytes.Length)
	}
	foreach ($x in $__pss.streams) { $x.Dispose() }
	if ($__pss.in -ne '/dev/null') { & $__pss.write "c$($__pss.relay)" "over $($__pss.in.Split('.')[-1])`n" }
	Microsoft.PowerShell.Utility\Remove-Variable -Name __pss_args -Scope Global -Force -ErrorAction Ignore
}

# ---- completion
# c N POINT TEXT: what may stand at the end of TEXT, which is POINT bytes long. A completer that takes too long is stopped.
$__pss.do_c = {
	[Diagnostics.DebuggerHidden()]
	param($nonce, $point, $word)
	$text = & $__pss.text $word
	$found = & $__pss.apart {
		[Diagnostics.DebuggerHidden()]
		param()
		$shell = [PowerShell]::Create('CurrentRunspace')
		[void]$shell.AddCommand('TabExpansion2').AddParameter('inputScript', $text).AddParameter('cursorColumn', $text.Length)
		$done = [Threading.ManualResetEvent]::new($false)
		$watch = & $__pss.limit $shell $done
		try {
			$shell.Invoke()
		} catch {
		} finally {
			[void]$done.Set()
		}
		if ($shell.InvocationStateInfo.State -eq 'Stopped') { 'late' }
		$watch.Dispose()
		$shell.Dispose()
	}
	if ($found -contains 'late') { return } # what stands in for its completer's words is not asked for
	if ($found -isnot [Management.Automation.CommandCompletion]) {
		$found = [Management.Automation.CommandCompletion]::CompleteInput($text, $text.Length, $null)
	}
	$start = $__pss.utf8.GetByteCount($text.Substring(0, [Math]::Max(0, $found.ReplacementIndex)))
	$lines = foreach ($x in [Linq.Enumerable]::Take($found.CompletionMatches, @MOST@)) { & $__pss.candidate $x }
	$flags = if ($found.CompletionMatches.Count -eq 1 -and
		$found.CompletionMatches[0].ResultType -in 'ProviderContainer', 'Method', 'Property', 'Namespace', 'Type', 'Variable') { 'n' } else { '' }
	& $__pss.say c, $nonce, $start, $flags, $found.CompletionMatches.Count, ([string]::Join("`n", @($lines)))
}
# Stops $shell after 2 s, in a thread of its own: a runspace without commands. An exception of Stop() in a thread of .NET's, as
# it may throw when the pipeline ends at that moment, would end the process.
$__pss.limit = {
	[Diagnostics.DebuggerHidden()]
	param($shell, $done)
	if (-not $__pss.runspace) {
		$state = [InitialSessionState]::Create()
		$state.LanguageMode = 'FullLanguage'
		$__pss.runspace = [RunspaceFactory]::CreateRunspace($state)
		$__pss.runspace.Open()
	}
	$watch = [PowerShell]::Create()
	$watch.Runspace = $__pss.runspace
	[void]$watch.AddScript('param($shell, $done) while (-not $done.WaitOne(2000)) { try { $shell.Stop() } catch { } }')
	[void]$watch.AddArgument($shell).AddArgument($done).BeginInvoke()
	return $watch
}
# A directory with its slash, and with its quote open, as more may follow.
$__pss.candidate = {
	[Diagnostics.DebuggerHidden()]
	param($match)
	if ($match.ResultType -ne 'ProviderContainer') { return $match.CompletionText }
	$match.CompletionText.TrimEnd([char[]]"'`"/") + '/'
}

# ---- the boot's last steps
# The host asks the terminal where the cursor is in front of each prompt, which costs a round trip and takes keys: not
# where NoPrompt is set, which is no public property.
try {
	$__pss.flags = [Reflection.BindingFlags] 'NonPublic, Public, Instance'
	$__pss.host = $Host.GetType().GetProperty('ExternalHost', $__pss.flags).GetValue($Host)
	$__pss.host.UI.GetType().GetProperty('NoPrompt', $__pss.flags).SetValue($__pss.host.UI, $true)
} catch {
	& $__pss.say n, "PowerShell $($PSVersionTable.PSVersion) has no way to leave the prompt to pssession"
	Microsoft.PowerShell.Utility\Remove-Variable -Name __pss -Scope Global
	return
}
# Where the terminal has no name, as in a chroot, it has another way to it.
foreach ($x in '/dev/tty', "/proc/$PID/fd/0") {
	$__pss.tty = $x
	try {
		$__pss.terminal = [IO.FileStream]::new($x, 'Open', 'Write', 'ReadWrite', 1)
		break
	} catch {
	}
}
# .NET sets a terminal to its keypad's mode behind each program: no more of that.
try {
	$__pss.set = [Console].Assembly.GetType('Interop+Sys').GetMethod('SetKeypadXmit', [Reflection.BindingFlags] 'NonPublic, Static')
	[void]$__pss.set.Invoke($null, @($__pss.terminal.SafeFileHandle, ''))
} catch {
}
$__pss.requests = [IO.FileStream]::new("$($__pss.d)/q", 'Open', 'Read', 'ReadWrite', 1)

function global:__pss_ReadLine {
	[Diagnostics.DebuggerHidden()]
	param()
	# What the user's text has left: whatever runs here changes it.
	$ok = $?
	$code = $global:LASTEXITCODE
	Microsoft.PowerShell.Core\Set-StrictMode -Off
	$ErrorActionPreference = 'Continue'
	if ($__pss.n) { & $__pss.done $ok $code }
	while ($true) {
		$words = (& $__pss.record).Split(' ')
		$do = if ($words[0]) { $__pss["do_$($words[0])"] }
		$line = $null
		if ($do) {
			$rest = [string[]][Linq.Enumerable]::Skip($words, 1)
			$line = & $do @rest
		}
		$__pss.at = $__pss.next
		if ($null -ne $line) { return [string]$line }
	}
}
# An alias goes before a function, which PSReadLine defines again when it is imported again.
Microsoft.PowerShell.Utility\Set-Alias -Name PSConsoleHostReadLine -Value __pss_ReadLine -Scope Global -Option AllScope -Force
function global:PSConsoleHostReadLine { __pss_ReadLine }
[IO.File]::WriteAllText("$($__pss.d)/up", "`n")
& $__pss.say r, pwsh, $PSVersionTable.PSVersion, $PID
