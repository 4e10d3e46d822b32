# ZMQ::FFI: everything that it binds. Prints a line for each check; see run.
use strict;
# ZMQ::FFI gives some of its own with newer versions of Perl.
no warnings;

use Socket ();
use ZMQ::FFI qw(:all);
use ZMQ::FFI::Constants qw(:all);
use ZMQ::FFI::Util qw(zmq_version);

my $limit = 20_000;
$| = 1;

# Ends a check that did not get what it wants.
sub want {
    my ($fine, $what) = @_;
    die "not " . ($what // "what it wants") . " in line " . (caller)[2] . "\n" if !$fine;
}

# Runs a check and prints its line.
sub check {
    my ($name, $run) = @_;
    my $fine = eval {
        my $context = ZMQ::FFI->new(soname => "libzmq.so.5");
        $run->($context);
        1;
    };
    print STDERR "$name: $@" if !$fine;
    print $fine ? "ok" : "not ok", " $name\n";
}

# A socket whose calls end in time.
sub make {
    my ($context, $type) = @_;
    my $socket = $context->socket($type);
    $socket->set_linger(0);
    $socket->set($_, 'int', $limit) for ZMQ_RCVTIMEO, ZMQ_SNDTIMEO;
    return $socket;
}

# Connects one socket to where the other is bound.
sub join_pair {
    my ($bound, $connected, $endpoint) = @_;
    $bound->bind($endpoint // 'tcp://127.0.0.1:*');
    $connected->connect($bound->get(ZMQ_LAST_ENDPOINT, 'string'));
    return ($bound, $connected);
}

# A bound socket and one connected to it.
sub pair {
    my ($context, $bound, $connected, $endpoint) = @_;
    return join_pair(make($context, $bound), make($context, $connected), $endpoint);
}

# Wants an error with this text.
sub refused {
    my ($text, $run) = @_;
    my $done = eval { $run->(); 1 };
    die "done in line " . (caller)[2] . "\n" if $done;
    die "not '$text' but $@" if $@ !~ /\Q$text\E/;
}

check 'the library is the one given' => sub {
    open my $maps, '<', '/proc/self/maps' or die;
    my %mapped = map { $_ => 1 } grep { defined && m{/libzmq} } map { (split)[5] } <$maps>;
    want(join(' ', keys %mapped) eq $ENV{SUBJECT_LIBRARY}, join ' ', keys %mapped);
};

check 'version' => sub {
    my ($context) = @_;
    my ($major, $minor) = zmq_version('libzmq.so.5');
    want($major == 4 && $minor == 3);
    want(join('.', $context->version) =~ /^4\.3\./ && $context->verstr =~ /^4\.3\./);
};

check 'options of a context' => sub {
    my $context = ZMQ::FFI->new(soname => 'libzmq.so.5', threads => 2, max_sockets => 3);
    want($context->get(ZMQ_IO_THREADS) == 2 && $context->get(ZMQ_MAX_SOCKETS) == 3);
    $context->set(ZMQ_IPV6, 1);
    want($context->get(ZMQ_IPV6) == 1);
    my @three = map { $context->socket(ZMQ_PAIR) } 1 .. 3;
    refused('Too many open files', sub { $context->socket(ZMQ_PAIR) });
    refused('Invalid argument', sub { $context->set(ZMQ_IO_THREADS, -1) });
};

check 'request and reply' => sub {
    my ($rep, $req) = pair($_[0], ZMQ_REP, ZMQ_REQ);
    for my $turn (1 .. 50) {
        $req->send($turn);
        want($rep->recv eq $turn);
        $rep->send('ok');
        want($req->recv eq 'ok');
    }
    refused('Operation cannot be accomplished in current state', sub { $rep->send('x') });
};

check 'push and pull on every transport' => sub {
    for my $endpoint ('tcp://127.0.0.1:*', 'ipc://*', 'inproc://name') {
        my ($pull, $push) = pair($_[0], ZMQ_PULL, ZMQ_PUSH, $endpoint);
        $push->send('x' x 100_000);
        want($pull->recv eq 'x' x 100_000);
        $push->send("\0binary\xff");
        want($pull->recv eq "\0binary\xff");
    }
};

check 'several parts' => sub {
    my ($pull, $push) = pair($_[0], ZMQ_PULL, ZMQ_PUSH);
    $push->send_multipart(['a', '', 'c' x 1000]);
    my @got = $pull->recv_multipart;
    want("@got" eq 'a  ' . 'c' x 1000);
    $push->send('one', ZMQ_SNDMORE);
    $push->send('two');
    want($pull->recv eq 'one' && $pull->get(ZMQ_RCVMORE, 'int') == 1);
    want($pull->recv eq 'two' && $pull->get(ZMQ_RCVMORE, 'int') == 0);
    refused('Resource temporarily unavailable', sub { $pull->recv(ZMQ_DONTWAIT) });
};

check 'publish and subscribe' => sub {
    my ($pub, $sub) = pair($_[0], ZMQ_XPUB, ZMQ_SUB);
    $sub->subscribe('a');
    want($pub->recv eq "\x01a");
    $pub->send($_) for 'b no', 'a yes';
    want($sub->recv eq 'a yes');
    $sub->unsubscribe('a');
    want($pub->recv eq "\x00a");
};

check 'router and dealer' => sub {
    my ($context) = @_;
    my ($router, $dealer) = (make($context, ZMQ_ROUTER), make($context, ZMQ_DEALER));
    $dealer->set_identity('dealer');
    want($dealer->get_identity eq 'dealer');
    join_pair($router, $dealer);
    $dealer->send('hello');
    my ($id, $text) = $router->recv_multipart;
    want($id eq 'dealer' && $text eq 'hello');
    $router->send_multipart([$id, 'back']);
    want($dealer->recv eq 'back');
};

check 'options' => sub {
    my $socket = make($_[0], ZMQ_DEALER);
    my %int = (
        ZMQ_SNDHWM, 5, ZMQ_RCVHWM, 6, ZMQ_LINGER, 7, ZMQ_RATE, 8, ZMQ_RECOVERY_IVL, 9,
        ZMQ_SNDBUF, 4096, ZMQ_RCVBUF, 4096, ZMQ_RECONNECT_IVL, 12, ZMQ_RECONNECT_IVL_MAX, 13,
        ZMQ_BACKLOG, 14, ZMQ_MULTICAST_HOPS, 2, ZMQ_RCVTIMEO, 15, ZMQ_SNDTIMEO, 16,
        ZMQ_TCP_KEEPALIVE, 1, ZMQ_TCP_KEEPALIVE_CNT, 17, ZMQ_TCP_KEEPALIVE_IDLE, 18,
        ZMQ_TCP_KEEPALIVE_INTVL, 19, ZMQ_IPV6, 1, ZMQ_IMMEDIATE, 1, ZMQ_CONFLATE, 1,
    );
    while (my ($option, $value) = each %int) {
        $socket->set($option, 'int', $value);
        want($socket->get($option, 'int') == $value, "option $option");
    }
    $socket->set(ZMQ_MAXMSGSIZE, 'int64_t', 1 << 40);
    want($socket->get(ZMQ_MAXMSGSIZE, 'int64_t') == 1 << 40);
    $socket->set(ZMQ_AFFINITY, 'uint64_t', 3);
    want($socket->get(ZMQ_AFFINITY, 'uint64_t') == 3);
    $socket->set(ZMQ_ZAP_DOMAIN, 'string', 'here');
    want($socket->get(ZMQ_ZAP_DOMAIN, 'string') eq 'here');
    want($socket->get_linger == 7 && $socket->get(ZMQ_TYPE, 'int') == ZMQ_DEALER);
    refused('Invalid argument', sub { $socket->set(ZMQ_LINGER, 'int', -2) });
};

check 'waiting by the descriptor' => sub {
    my ($pull, $push) = pair($_[0], ZMQ_PULL, ZMQ_PUSH);
    want(!$pull->has_pollin);
    my $bits = '';
    vec($bits, $pull->get_fd, 1) = 1;
    $push->send('x');
    # The descriptor says that the events are worth a look.
    until ($pull->has_pollin) {
        want(select(my $ready = $bits, undef, undef, $limit / 1000) == 1);
    }
    want($pull->recv eq 'x' && $push->has_pollout && !$pull->has_pollin);
};

check 'proxy with a capture' => sub {
    my $endpoints = "ipc://$ENV{COMPAT_BUILD}/perl-$$";
    my $child = fork;
    if ($child == 0) {
        # Perl's threads are not for this; the proxy's process ends when it has no context any more.
        my $inside = ZMQ::FFI->new(soname => 'libzmq.so.5');
        my @sockets = map { make($inside, $_) } ZMQ_ROUTER, ZMQ_DEALER, ZMQ_PUSH;
        $sockets[$_]->bind("$endpoints-$_") for 0, 1;
        $sockets[2]->connect("$endpoints-2");
        $inside->proxy(@sockets);
        exit 1;
    }
    eval {
        my ($context) = @_;
        my ($client, $worker, $log) = map { make($context, $_) } ZMQ_REQ, ZMQ_REP, ZMQ_PULL;
        $log->bind("$endpoints-2");
        $client->connect("$endpoints-0");
        $worker->connect("$endpoints-1");
        $client->send('question');
        want($worker->recv eq 'question');
        $worker->send('answer');
        want($client->recv eq 'answer');
        want(($log->recv_multipart)[-1] eq 'question');
        want(($log->recv_multipart)[-1] eq 'answer');
    };
    my $error = $@;
    kill KILL => $child;
    waitpid $child, 0;
    unlink map { substr("$endpoints-$_", 6) } 0 .. 2;
    die $error if $error;
};

check 'unbind and disconnect' => sub {
    my ($pull, $push) = pair($_[0], ZMQ_PULL, ZMQ_PUSH);
    my $endpoint = $pull->get(ZMQ_LAST_ENDPOINT, 'string');
    my $other = make($_[0], ZMQ_PULL);
    refused('Address already in use', sub { $other->bind($endpoint) });
    $push->disconnect($endpoint);
    refused('No such file or directory', sub { $push->disconnect($endpoint) });
    $pull->unbind($endpoint);
    refused('No such file or directory', sub { $pull->unbind($endpoint) });
};

check 'monitor' => sub {
    my ($context) = @_;
    my $server = make($context, ZMQ_REP);
    $server->monitor('inproc://events', ZMQ_EVENT_ALL);
    my $events = make($context, ZMQ_PAIR);
    $events->connect('inproc://events');
    $server->bind('tcp://127.0.0.1:*');
    my ($id, $value, $endpoint) = $events->recv_event;
    want($id == ZMQ_EVENT_LISTENING && $value > 2);
    want($endpoint eq $server->get(ZMQ_LAST_ENDPOINT, 'string'));
};

check 'CURVE' => sub {
    my ($context) = @_;
    my ($server_public, $server_secret) = $context->curve_keypair;
    my ($client_public, $client_secret) = $context->curve_keypair;
    my ($server, $client) = (make($context, ZMQ_REP), make($context, ZMQ_REQ));
    $server->set(ZMQ_CURVE_SERVER, 'int', 1);
    $server->set(ZMQ_CURVE_SECRETKEY, 'string', $server_secret);
    $client->set(ZMQ_CURVE_SERVERKEY, 'string', $server_public);
    $client->set(ZMQ_CURVE_PUBLICKEY, 'string', $client_public);
    $client->set(ZMQ_CURVE_SECRETKEY, 'string', $client_secret);
    join_pair($server, $client);
    $client->send('sealed');
    want($server->recv eq 'sealed');
};

check 'Z85 and capabilities' => sub {
    my ($context) = @_;
    my $bytes = join '', map { chr } 1 .. 32;
    my $text = $context->z85_encode($bytes);
    want(length($text) == 41 && $context->z85_decode($text) eq $bytes);
    want($context->has_capability('curve') == 1 && $context->has_capability('ipc') == 1);
    want($context->has_capability('nothing') == 0);
};

check 'errors' => sub {
    my $socket = make($_[0], ZMQ_PULL);
    refused('Invalid argument', sub { $socket->bind('nothing') });
    refused('Protocol not supported', sub { $socket->bind('carrier://pigeon') });
    refused('Operation not supported', sub { $socket->send('x') });
    $socket->die_on_error(0);
    $socket->bind('nothing');
    want($socket->has_error && $socket->last_errno == 22);
    want($socket->last_strerror eq 'Invalid argument');
};

check 'closing and destroying' => sub {
    my $context = ZMQ::FFI->new(soname => 'libzmq.so.5');
    my $socket = make($context, ZMQ_PULL);
    $socket->bind('tcp://127.0.0.1:*');
    $socket->close;
    $context->destroy;
    want($context->context_ptr == -1);
};
