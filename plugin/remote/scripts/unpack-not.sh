# What follows that command where the login shell refuses `exec`, as `sh -c '…' NAME`: has the whole script sent.
printf %s "@RS@$0g";
dd if=/dev/zero bs=1 count=2 2>/dev/null;
exec sh;
