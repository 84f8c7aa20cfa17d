# SPDX-License-Identifier: Apache-2.0
# The relay as a PSGI application, for Starman.
use strict;
use warnings;
use HTTP::Tiny;

my $client = HTTP::Tiny->new(keep_alive => 0);
sub {
    my ($env) = @_;
    my %headers = map { (my $name = substr($_, 5)) =~ tr/_/-/; ($name => $env->{$_}) } grep { /^HTTP_/ } keys %$env;
    delete @headers{qw(CONNECTION KEEP-ALIVE TRANSFER-ENCODING HOST EXPECT)};
    $headers{"content-type"} = $env->{CONTENT_TYPE} if defined $env->{CONTENT_TYPE};
    my $body = "";
    while ($env->{"psgi.input"}->read(my $part, 65536)) { $body .= $part }
    my $reply = $client->request($env->{REQUEST_METHOD}, "http://$ENV{MOCK}$env->{REQUEST_URI}", { headers => \%headers, content => $body });
    return [$reply->{status}, ["Content-Type" => $reply->{headers}{"content-type"} // "text/plain", "Content-Length" => length $reply->{content}], [$reply->{content}]];
};
