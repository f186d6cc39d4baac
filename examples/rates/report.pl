# A line for each minute: report.pl -i MINUTES -i DIFFERENCE -i ADVICE -o REPORT
use strict;
use warnings;

my @inputs = map { open(my $input, '<:raw', $_) or die "$_: $!"; $input } @ARGV[1, 3, 5];
open(my $report, '>:raw', $ARGV[7]) or die "$ARGV[7]: $!";

while (1) {
    my ($heads, @lines) = (0);
    for my $input (@inputs) {
        my $got = read($input, my $head, 1);
        last unless $got;
        chomp(my $line = <$input>);
        $heads |= ord $head;
        push @lines, $line;
    }
    last if @lines < 3;
    my ($minute, $difference, $advice) = @lines;
    my $mark = $heads & 0x10 ? '!' : ' ';
    print $report chr($heads), "$mark $minute, $difference warmer inside, $advice\n";
}
