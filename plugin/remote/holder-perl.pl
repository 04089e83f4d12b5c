# perl
exit 2;
