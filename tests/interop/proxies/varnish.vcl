vcl 4.1;
backend mock { .host = "127.0.0.1"; .port = "@MOCK_PORT@"; }
