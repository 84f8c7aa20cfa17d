# SPDX-License-Identifier: Apache-2.0
# HTTP::Daemon, one connection after the other: daemon.pl PORT
use strict;
use warnings;
use HTTP::Daemon;
use HTTP::Response;
use HTTP::Tiny;

my $client = HTTP::Tiny->new(keep_alive => 0);
my $daemon = HTTP::Daemon->new(LocalAddr => "127.0.0.1", LocalPort => $ARGV[0], ReuseAddr => 1, Listen => 128) or die $!;
$SIG{PIPE} = "IGNORE";
while (my $connection = $daemon->accept) {
    while (my $request = $connection->get_request) {
        my %headers = map { $_ => scalar $request->header($_) } grep { !/^(Connection|Keep-Alive|Transfer-Encoding|Content-Length|Host|Expect|Client-.*)$/i } $request->header_field_names;
        my $reply = $client->request($request->method, "http://$ENV{MOCK}" . $request->uri->path_query, { headers => \%headers, content => $request->content });
        my $response = HTTP::Response->new($reply->{status}, $reply->{reason}, ["Content-Type" => $reply->{headers}{"content-type"} // "text/plain"], $reply->{content});
        $response->content_length(length $reply->{content});
        $connection->send_response($response);
    }
    $connection->close;
}
