# An echo server on AnyEvent-less Perl, IO::Select: echo.pl PORT.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;

$SIG{PIPE} = 'IGNORE';
my $listener = IO::Socket::INET->new(
  LocalAddr => '127.0.0.1', LocalPort => $ARGV[0], Listen => 128, ReuseAddr => 1, Blocking => 0)
  or die "no listener: $!";
my ($read, $write) = (IO::Select->new($listener), IO::Select->new);
my %queue;

sub drop {
  my $client = shift;
  $read->remove($client);
  $write->remove($client);
  delete $queue{$client};
  close $client;
}

sub flush_queue {
  my $client = shift;
  my $count = syswrite $client, $queue{$client};
  return drop($client) if !defined $count && !$!{EAGAIN} && !$!{EINTR};
  substr($queue{$client}, 0, $count // 0, '');
  my ($from, $to) = length $queue{$client} ? ($read, $write) : ($write, $read);
  $from->remove($client);
  $to->add($client);
}

while (1) {
  my ($readable, $writable) = IO::Select::select($read, $write, undef);
  for my $client (@{$readable // []}) {
    if ($client == $listener) {
      if (my $new = $listener->accept) {
        $new->blocking(0);
        $queue{$new} = '';
        $read->add($new);
      } elsif (!$!{EAGAIN}) {
        select undef, undef, undef, 0.1;
      }
      next;
    }
    my $count = sysread $client, my $block, 4096;
    if (!defined $count) {
      drop($client) unless $!{EAGAIN} || $!{EINTR};
    } elsif ($count == 0) {
      drop($client);
    } else {
      $queue{$client} .= $block;
      flush_queue($client);
    }
  }
  for my $client (@{$writable // []}) {
    flush_queue($client) if defined $queue{$client};
  }
}
