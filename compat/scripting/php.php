<?php
// The extension zmq: everything that it binds. Prints a line for each check; see run.
set_error_handler(function ($number, $text) {
    throw new ErrorException($text);
}, E_ALL & ~E_DEPRECATED);

const LIMIT = 20000;

// Ends a check that did not get what it wants.
function want($condition, $what = 'what it wants')
{
    if (!$condition) {
        throw new Exception("not $what");
    }
}

// Runs a check and prints its line.
function check($name, $run)
{
    try {
        $run(new ZMQContext(1, false));
        echo "ok $name\n";
    } catch (Throwable $error) {
        echo "not ok $name\n";
        fwrite(STDERR, "$name: " . get_class($error) . ": {$error->getMessage()} in line "
            . implode(' ', array_map(fn($f) => $f['line'] ?? '', $error->getTrace())) . "\n");
    }
}

// A socket whose calls end in time.
function make($context, $type)
{
    $socket = $context->getSocket($type);
    $socket->setSockOpt(ZMQ::SOCKOPT_LINGER, 0);
    $socket->setSockOpt(ZMQ::SOCKOPT_RCVTIMEO, LIMIT);
    $socket->setSockOpt(ZMQ::SOCKOPT_SNDTIMEO, LIMIT);
    return $socket;
}

// A bound socket and one connected to it.
function pair($context, $bound, $connected, $endpoint = 'tcp://127.0.0.1:*', $prepare = null)
{
    [$a, $b] = [make($context, $bound), make($context, $connected)];
    if ($prepare) {
        $prepare($a, $b);
    }
    $a->bind($endpoint);
    $b->connect($a->getSockOpt(ZMQ::SOCKOPT_LAST_ENDPOINT));
    return [$a, $b];
}

// Wants an exception with this number.
function refused($number, $run)
{
    try {
        $run();
    } catch (ZMQException $error) {
        want($error->getCode() == $number, "$number but {$error->getCode()}");
        return;
    }
    throw new Exception('not refused');
}

check('the library is the one given', function ($context) {
    preg_match_all('/\S+\/libzmq\S+/', file_get_contents('/proc/self/maps'), $found);
    want(array_values(array_unique($found[0])) === [getenv('SUBJECT_LIBRARY')], implode(' ', $found[0]));
});

check('version and clock', function ($context) {
    want(ZMQ::LIBZMQ_VERSION_MAJOR == 4 && ZMQ::LIBZMQ_VERSION_MINOR == 3);
    $before = ZMQ::clock();
    want(ZMQ::clock() >= $before);
});

check('request and reply', function ($context) {
    [$rep, $req] = pair($context, ZMQ::SOCKET_REP, ZMQ::SOCKET_REQ);
    for ($turn = 0; $turn < 50; ++$turn) {
        $req->send("$turn");
        want($rep->recv() === "$turn");
        $rep->send('ok');
        want($req->recv() === 'ok');
    }
    refused(ZMQ::ERR_EFSM, fn() => $rep->send('out of turn'));
});

check('push and pull on every transport', function ($context) {
    foreach (['tcp://127.0.0.1:*', 'ipc://*', 'inproc://name'] as $endpoint) {
        [$pull, $push] = pair($context, ZMQ::SOCKET_PULL, ZMQ::SOCKET_PUSH, $endpoint);
        $push->send(str_repeat('x', 100000));
        want($pull->recv() === str_repeat('x', 100000));
        $push->send("\0\xff");
        want($pull->recv() === "\0\xff");
    }
});

check('several parts', function ($context) {
    [$pull, $push] = pair($context, ZMQ::SOCKET_PULL, ZMQ::SOCKET_PUSH);
    $push->sendmulti(['a', '', str_repeat('c', 1000)]);
    want($pull->recvMulti() === ['a', '', str_repeat('c', 1000)]);
    $push->send('one', ZMQ::MODE_SNDMORE);
    $push->sendMsg('two');
    want($pull->recvMsg() === 'one' && $pull->getSockOpt(ZMQ::SOCKOPT_RCVMORE) == 1);
    want($pull->recv() === 'two' && $pull->getSockOpt(ZMQ::SOCKOPT_RCVMORE) == 0);
    want($pull->recv(ZMQ::MODE_DONTWAIT) === false);
    want($pull->recvMulti(ZMQ::MODE_DONTWAIT) === false);
});

check('publish and subscribe', function ($context) {
    [$pub, $sub] = pair($context, ZMQ::SOCKET_XPUB, ZMQ::SOCKET_SUB);
    $sub->setSockOpt(ZMQ::SOCKOPT_SUBSCRIBE, 'a');
    want($pub->recv() === "\x01a");
    $pub->send('b no');
    $pub->send('a yes');
    want($sub->recv() === 'a yes');
    $sub->setSockOpt(ZMQ::SOCKOPT_UNSUBSCRIBE, 'a');
    want($pub->recv() === "\x00a");
});

check('router and dealer', function ($context) {
    [$router, $dealer] = pair($context, ZMQ::SOCKET_ROUTER, ZMQ::SOCKET_DEALER, 'tcp://127.0.0.1:*',
        function ($a, $b) {
            $a->setSockOpt(ZMQ::SOCKOPT_ROUTER_MANDATORY, 1);
            $b->setSockOpt(ZMQ::SOCKOPT_IDENTITY, 'dealer');
        });
    $dealer->send('hello');
    want($router->recvMulti() === ['dealer', 'hello']);
    $router->sendMulti(['dealer', 'back']);
    want($dealer->recv() === 'back');
    refused(113, fn() => $router->sendMulti(['nobody', 'x']));
});

check('options', function ($context) {
    $socket = make($context, ZMQ::SOCKET_DEALER);
    $numbers = ['SNDHWM' => 5, 'RCVHWM' => 6, 'LINGER' => 7, 'RATE' => 8, 'RECOVERY_IVL' => 9,
        'SNDBUF' => 4096, 'RCVBUF' => 4096, 'RECONNECT_IVL' => 12, 'RECONNECT_IVL_MAX' => 13,
        'BACKLOG' => 14, 'MAXMSGSIZE' => 1 << 40, 'MULTICAST_HOPS' => 2, 'AFFINITY' => 3,
        'RCVTIMEO' => 15, 'SNDTIMEO' => 16, 'TCP_KEEPALIVE' => 1, 'TCP_KEEPALIVE_CNT' => 17,
        'TCP_KEEPALIVE_IDLE' => 18, 'TCP_KEEPALIVE_INTVL' => 19, 'IPV6' => 1, 'IMMEDIATE' => 1,
        'TOS' => 16, 'HANDSHAKE_IVL' => 100, 'HEARTBEAT_IVL' => 200, 'HEARTBEAT_TTL' => 300,
        'HEARTBEAT_TIMEOUT' => 400, 'CONNECT_TIMEOUT' => 500, 'TCP_MAXRT' => 600,
        'MULTICAST_MAXTPDU' => 1400, 'PLAIN_SERVER' => 1];
    foreach ($numbers as $name => $value) {
        $option = constant("ZMQ::SOCKOPT_$name");
        $socket->setSockOpt($option, $value);
        want($socket->getSockOpt($option) == $value, "$name = {$socket->getSockOpt($option)}");
    }
    $texts = ['IDENTITY' => 'me', 'ZAP_DOMAIN' => 'here', 'SOCKS_PROXY' => '127.0.0.1:1',
        'PLAIN_USERNAME' => 'admin', 'PLAIN_PASSWORD' => 'secret'];
    foreach ($texts as $name => $value) {
        $option = constant("ZMQ::SOCKOPT_$name");
        $socket->setSockOpt($option, $value);
        want(rtrim($socket->getSockOpt($option), "\0") === $value, "$name");
    }
    want($socket->getSockOpt(ZMQ::SOCKOPT_TYPE) == ZMQ::SOCKET_DEALER);
    want($socket->getSocketType() == ZMQ::SOCKET_DEALER);
    want($socket->getSockOpt(ZMQ::SOCKOPT_MECHANISM) == 1);
    refused(22, fn() => $socket->setSockOpt(ZMQ::SOCKOPT_LINGER, -2));
    refused(22, fn() => $socket->setSockOpt(ZMQ::SOCKOPT_SUBSCRIBE, 'x'));
});

check('options of a context', function ($context) {
    want($context->getOpt(ZMQ::CTXOPT_MAX_SOCKETS) == ZMQ::CTXOPT_MAX_SOCKETS_DEFAULT);
    $context->setOpt(ZMQ::CTXOPT_MAX_SOCKETS, 2);
    want($context->getOpt(ZMQ::CTXOPT_MAX_SOCKETS) == 2);
    $two = [make($context, ZMQ::SOCKET_PAIR), make($context, ZMQ::SOCKET_PAIR)];
    refused(24, fn() => $context->getSocket(ZMQ::SOCKET_PAIR));
    want($context->getSocketCount() == 2 && !$context->isPersistent());
});

check('poll', function ($context) {
    [$pull, $push] = pair($context, ZMQ::SOCKET_PULL, ZMQ::SOCKET_PUSH);
    // Of two sockets the extension takes the second for the first, so each gets a poll of its own.
    $writers = new ZMQPoll();
    $readable = $writable = [];
    $id = $writers->add($push, ZMQ::POLL_OUT);
    want($writers->count() == 1 && $writers->items() === [$id => $push]);
    want($writers->poll($readable, $writable, LIMIT) == 1);
    want($readable === [] && $writable === [$push]);
    want($writers->remove($id) && $writers->count() == 0);
    $poll = new ZMQPoll();
    $poll->add($pull, ZMQ::POLL_IN);
    want($poll->poll($readable, $writable, 5) == 0);
    $push->send('x');
    want($poll->poll($readable, $writable, LIMIT) == 1 && $readable === [$pull]);
    want($pull->recv() === 'x');
    $streams = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $poll->add($streams[0], ZMQ::POLL_IN);
    fwrite($streams[1], 'x');
    want($poll->poll($readable, $writable, LIMIT) == 1 && $readable === [$streams[0]]);
    want($poll->getLastErrors() === []);
    $poll->clear();
    want($poll->count() == 0);
});

check('the descriptor as a stream', function ($context) {
    [$pull, $push] = pair($context, ZMQ::SOCKET_PULL, ZMQ::SOCKET_PUSH);
    $stream = $pull->getSockOpt(ZMQ::SOCKOPT_FD);
    $push->send('x');
    while (!($pull->getSockOpt(ZMQ::SOCKOPT_EVENTS) & ZMQ::POLL_IN)) {
        [$read, $none] = [[$stream], []];
        want(stream_select($read, $none, $none, LIMIT / 1000) == 1);
    }
    want($pull->recv() === 'x');
});

check('device with callbacks and a capture', function ($context) {
    [$in, $push] = pair($context, ZMQ::SOCKET_PULL, ZMQ::SOCKET_PUSH);
    [$pull, $out] = pair($context, ZMQ::SOCKET_PULL, ZMQ::SOCKET_PUSH);
    [$log, $capture] = pair($context, ZMQ::SOCKET_PULL, ZMQ::SOCKET_PUSH);
    $device = new ZMQDevice($in, $out, $capture);
    // It works until a callback says that it is enough.
    $device->setIdleCallback(fn() => true, 1000);
    $device->setTimerTimeout(5);
    want($device->getTimerTimeout() == 5);
    $seen = [];
    $device->setTimerCallback(function () use ($pull, $log, &$seen) {
        foreach ([$pull, $log] as $socket) {
            $got = $socket->recvMulti(ZMQ::MODE_DONTWAIT);
            if ($got !== false) {
                $seen[] = $got;
            }
        }
        return count($seen) < 2;
    }, 5);
    $device->setIdleTimeout(1000);
    want($device->getIdleTimeout() == 1000);
    $push->sendMulti(['a', 'b']);
    $device->run();
    want($seen === [['a', 'b'], ['a', 'b']]);
});

check('unbind and disconnect', function ($context) {
    [$pull, $push] = pair($context, ZMQ::SOCKET_PULL, ZMQ::SOCKET_PUSH);
    $endpoint = $pull->getSockOpt(ZMQ::SOCKOPT_LAST_ENDPOINT);
    refused(98, fn() => make($context, ZMQ::SOCKET_PULL)->bind($endpoint));
    want($push->getEndpoints()['connect'] === [$endpoint]);
    $push->disconnect($endpoint);
    refused(2, fn() => $push->disconnect($endpoint));
    $pull->unbind($endpoint);
    refused(2, fn() => $pull->unbind($endpoint));
    want($push->getEndpoints()['connect'] === []);
});

check('monitor', function ($context) {
    $server = make($context, ZMQ::SOCKET_REP);
    $server->monitor('inproc://events', ZMQ::EVENT_ALL);
    $events = make($context, ZMQ::SOCKET_PAIR);
    $events->connect('inproc://events');
    $server->bind('tcp://127.0.0.1:*');
    $event = $events->recvEvent();
    want($event['event'] == ZMQ::EVENT_LISTENING && $event['value'] > 2, json_encode($event));
    want($event['address'] === $server->getSockOpt(ZMQ::SOCKOPT_LAST_ENDPOINT));
});

check('persistent sockets', function ($context) {
    $context = new ZMQContext(1, true);
    want($context->isPersistent());
    $one = $context->getSocket(ZMQ::SOCKET_PAIR, 'name');
    $two = new ZMQSocket($context, ZMQ::SOCKET_PAIR, 'name');
    want($two->isPersistent() && $two->getPersistentId() === 'name');
    $one->bind('inproc://persistent');
    want($two->getEndpoints()['bind'] === ['inproc://persistent']);
});

check('a shared context', function ($context) {
    $one = ZMQContext::acquire();
    $two = ZMQContext::acquire();
    [$a, $b] = [$one->getSocket(ZMQ::SOCKET_PAIR), $two->getSocket(ZMQ::SOCKET_PAIR)];
    $a->bind('inproc://shared');
    $b->connect('inproc://shared');
    $a->send('x');
    want($b->recv() === 'x');
});

check('CURVE and Z85', function ($context) {
    $server = ZMQ::curveKeyPair();
    $client = ZMQ::curveKeyPair();
    want(strlen($server['public_key']) == 40);
    want(ZMQ::z85encode(ZMQ::z85decode($server['public_key'])) === $server['public_key']);
    [$rep, $req] = pair($context, ZMQ::SOCKET_REP, ZMQ::SOCKET_REQ, 'tcp://127.0.0.1:*',
        function ($a, $b) use ($server, $client) {
            $a->setSockOpt(ZMQ::SOCKOPT_CURVE_SERVER, true);
            $a->setSockOpt(ZMQ::SOCKOPT_CURVE_SECRETKEY, $server['secret_key']);
            $b->setSockOpt(ZMQ::SOCKOPT_CURVE_SERVERKEY, $server['public_key']);
            $b->setSockOpt(ZMQ::SOCKOPT_CURVE_PUBLICKEY, $client['public_key']);
            $b->setSockOpt(ZMQ::SOCKOPT_CURVE_SECRETKEY, $client['secret_key']);
        });
    $req->send('sealed');
    want($rep->recv() === 'sealed');
});

check('errors', function ($context) {
    $socket = make($context, ZMQ::SOCKET_PULL);
    refused(22, fn() => $socket->bind('nothing'));
    refused(93, fn() => $socket->bind('carrier://pigeon'));
    refused(ZMQ::ERR_ENOTSUP, fn() => $socket->send('x'));
});
