# SPDX-License-Identifier: Apache-2.0
# Hands one request to the mock: status, Content-Type and body of its reply.
require "net/http"

OF_A_CONNECTION = %w[connection keep-alive transfer-encoding te trailer upgrade content-length host expect version].freeze

def relay(method, target, headers, body)
  host, port = ENV["MOCK"].split(":")
  kept = headers.reject { |name, _| OF_A_CONNECTION.include?(name.downcase) }
  request = Net::HTTPGenericRequest.new(method, true, true, target, {})
  request.initialize_http_header(kept) # Net::HTTP's own defaults would stand in for headers that are missing
  request.body = body
  reply = Net::HTTP.start(host, port.to_i) { |http| http.request(request) }
  [reply.code.to_i, reply["Content-Type"].to_s, reply.body.to_s]
end
