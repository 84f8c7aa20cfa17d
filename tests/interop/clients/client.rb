# SPDX-License-Identifier: Apache-2.0
# Makes the calls with Net::HTTP: client.rb URL CALLS
# Each call is signed with a second of its own, and again where the reply is lost or the timestamp is refused. Exit code 1 if one is not accepted.
require "base64"
require "digest"
require "json"
require "net/http"

url, calls = ARGV
app = ENV["APP_ID"]
address = URI(url)
http = Net::HTTP.start(address.host, address.port)
second = Time.now.to_i - 300
failed = false
File.foreach(calls, chomp: true, encoding: "utf-8") do |line|
  path, body = line.split("\t")
  code = "lost"
  4.times do
    stamp = Time.at(second += 1).getlocal("+08:00").strftime("%Y%m%d%H%M%S")
    headers = { "Accept" => "application/json", "Content-Type" => "application/json;charset=utf-8",
                "AccessToken" => Digest::MD5.hexdigest(app + ENV["APP_SECRET"] + stamp), "Authorization" => Base64.strict_encode64("#{app}:#{stamp}") }
    begin
      code = JSON.parse(http.post(path, body, headers).body)["ResultCode"]
    rescue EOFError, SystemCallError, IOError
      code = "lost"
    end
    break unless ["lost", -201].include?(code)
  end
  next if code == 1
  warn "#{path}: #{code}"
  failed = true
end
exit(failed ? 1 : 0)
