<?php
// SPDX-License-Identifier: Apache-2.0
// The relay for PHP: its own server (php -S) and PHP-FPM behind nginx.
[$host, $port] = explode(":", getenv("MOCK") ?: $_SERVER["MOCK"]);
$body = file_get_contents("php://input");
$head = [];
foreach (getallheaders() as $name => $value) {
    if (!in_array(strtolower($name), ["connection", "keep-alive", "transfer-encoding", "content-length", "host", "expect"])) $head[] = "$name: $value";
}
$head[] = "Content-Length: " . strlen($body);
$context = stream_context_create(["http" => ["method" => $_SERVER["REQUEST_METHOD"], "header" => $head, "content" => $body, "ignore_errors" => true]]);
$reply = file_get_contents("http://$host:$port" . $_SERVER["REQUEST_URI"], false, $context);
preg_match('/ (\d{3})/', $http_response_header[0], $status);
http_response_code((int)$status[1]);
foreach ($http_response_header as $line) if (stripos($line, "Content-Type:") === 0) header($line);
header("Content-Length: " . strlen($reply));
echo $reply;
