# SPDX-License-Identifier: Apache-2.0
# The relay as a Rack application, for Puma.
require_relative "relay"

run lambda { |env|
  headers = env.select { |name, _| name.start_with?("HTTP_") }.transform_keys { |name| name[5..].tr("_", "-") }
  headers["Content-Type"] = env["CONTENT_TYPE"] if env["CONTENT_TYPE"]
  status, type, body = relay(env["REQUEST_METHOD"], env["REQUEST_URI"], headers, env["rack.input"].read)
  [status, { "Content-Type" => type, "Content-Length" => body.bytesize.to_s }, [body]]
}
