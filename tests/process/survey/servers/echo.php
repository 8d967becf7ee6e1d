<?php
// An echo server on PHP's stream_select: echo.php PORT. What a client does not take waits; while it
// does, nothing more of that client is read.
$listener = stream_socket_server("tcp://127.0.0.1:{$argv[1]}");
stream_set_blocking($listener, false);
$clients = [];
$queues = [];
$ended = [];
while (true) {
    $read = [$listener];
    $write = [];
    foreach ($clients as $id => $client) {
        if ($queues[$id] !== '') {
            $write[] = $client;
        } elseif (!$ended[$id]) {
            $read[] = $client;
        }
    }
    $except = null;
    if (@stream_select($read, $write, $except, null) === false) {
        continue;
    }
    foreach ($read as $stream) {
        if ($stream === $listener) {
            $client = @stream_socket_accept($listener, 0);
            if ($client === false) {
                usleep(100000);
                continue;
            }
            stream_set_blocking($client, false);
            $id = get_resource_id($client);
            $clients[$id] = $client;
            $queues[$id] = '';
            $ended[$id] = false;
            continue;
        }
        $id = get_resource_id($stream);
        $bytes = @fread($stream, 8192);
        if ($bytes === false || $bytes === '') {
            $ended[$id] = feof($stream);
        } else {
            $queues[$id] .= $bytes;
        }
        $write[] = $stream;
    }
    foreach (array_unique($write, SORT_REGULAR) as $stream) {
        $id = get_resource_id($stream);
        if ($queues[$id] !== '') {
            $count = @fwrite($stream, $queues[$id]);
            if ($count === false) {
                $ended[$id] = true;
                $queues[$id] = '';
            } else {
                $queues[$id] = substr($queues[$id], $count);
            }
        }
        if ($ended[$id] && $queues[$id] === '') {
            fclose($stream);
            unset($clients[$id], $queues[$id], $ended[$id]);
        }
    }
}
