# SPDX-License-Identifier: Apache-2.0
# Makes the calls with LWP: client.pl URL CALLS
# Each call is signed with a second of its own, and again where the reply is lost or the timestamp is refused. Exit code 1 if one is not accepted.
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
use LWP::UserAgent;
use MIME::Base64 qw(encode_base64);
use POSIX qw(strftime);

my ($url, $calls) = @ARGV;
my $agent = LWP::UserAgent->new(keep_alive => 1);
my ($second, $failed) = (time - 300, 0);
open my $lines, "<", $calls or die $!;
while (my $line = <$lines>) {
    chomp $line;
    my ($path, $body) = split /\t/, $line;
    my $code = "lost";
    for (1 .. 4) {
        my $stamp = strftime("%Y%m%d%H%M%S", gmtime(++$second + 8 * 3600));
        my $reply = $agent->post("$url$path", Accept => "application/json", "Content-Type" => "application/json;charset=utf-8",
            AccessToken => md5_hex("$ENV{APP_ID}$ENV{APP_SECRET}$stamp"), Authorization => encode_base64("$ENV{APP_ID}:$stamp", ""), Content => $body);
        ($code) = $reply->header("Client-Warning") ? ("lost") : $reply->content =~ /"ResultCode":(-?\d+)/;
        last unless $code eq "lost" || $code == -201;
    }
    next if $code eq "1";
    print STDERR "$path: $code\n";
    $failed = 1;
}
exit $failed;
