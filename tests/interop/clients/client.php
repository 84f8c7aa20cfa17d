<?php
// SPDX-License-Identifier: Apache-2.0
// Makes the calls with PHP: client.php curl|streams URL CALLS
// Each call is signed with a second of its own, and again where the reply is lost or the timestamp is refused. Exit code 1 if one is not accepted.
[, $library, $url, $calls] = $argv;
$app = getenv("APP_ID");
$handle = $library === "curl" ? curl_init() : null;

$send = function (string $target, string $body, array $headers) use ($handle): string|false {
    if ($handle) {
        curl_setopt_array($handle, [CURLOPT_URL => $target, CURLOPT_POSTFIELDS => $body, CURLOPT_HTTPHEADER => $headers, CURLOPT_RETURNTRANSFER => true]);
        return curl_exec($handle);
    }
    return @file_get_contents($target, false, stream_context_create(["http" => ["method" => "POST", "header" => $headers, "content" => $body, "ignore_errors" => true]]));
};

$second = time() - 300;
$failed = 0;
foreach (file($calls, FILE_IGNORE_NEW_LINES) as $line) {
    [$path, $body] = explode("\t", $line);
    for ($attempt = 0, $code = "lost"; $attempt < 4 && in_array($code, ["lost", -201], true); ++$attempt) {
        $stamp = gmdate("YmdHis", ++$second + 8 * 3600);
        $reply = $send($url . $path, $body, ["Accept: application/json", "Content-Type: application/json;charset=utf-8",
            "AccessToken: " . md5($app . getenv("APP_SECRET") . $stamp), "Authorization: " . base64_encode("$app:$stamp")]);
        $code = $reply ? json_decode($reply)->ResultCode : "lost";
    }
    if ($code !== 1) {
        fwrite(STDERR, "$path: $code\n");
        $failed = 1;
    }
}
exit($failed);
