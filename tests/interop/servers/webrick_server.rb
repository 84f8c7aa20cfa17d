# SPDX-License-Identifier: Apache-2.0
# WEBrick: webrick_server.rb PORT
require "webrick"
require_relative "relay"

class Relay < WEBrick::HTTPServlet::AbstractServlet
  def service(request, response)
    headers = request.header.transform_values { |values| values.join(", ") }
    status, type, body = relay(request.request_method, request.unparsed_uri, headers, request.body.to_s)
    response.status = status
    response["Content-Type"] = type
    response.body = body
  end
end

server = WEBrick::HTTPServer.new(BindAddress: "127.0.0.1", Port: ARGV[0].to_i, AccessLog: [], Logger: WEBrick::Log.new($stderr, WEBrick::Log::WARN))
server.mount("/", Relay)
trap("TERM") { server.shutdown }
server.start
