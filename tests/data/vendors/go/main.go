// SPDX-License-Identifier: Apache-2.0

// A meter platform (3.1-3.5, 3.7-3.10) and a billing side (3.6) on one port, all in memory.
// It follows the paper; --bugs and --readings make it behave otherwise, see bugs.toml and readings.toml.
package main

import (
	"bufio"
	_ "embed"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"
)

//go:embed bugs.toml
var bugList string

//go:embed readings.toml
var readingList string

var idLine = regexp.MustCompile(`(?m)^id = "([^"]+)"`)

// chosen takes the ids of a --bugs or --readings apart; an unknown one ends the program.
func chosen(what, ids, known string) map[string]bool {
	all := map[string]bool{}
	for _, m := range idLine.FindAllStringSubmatch(known, -1) {
		all[m[1]] = true
	}
	set := map[string]bool{}
	for _, id := range strings.Split(ids, ",") {
		if id = strings.TrimSpace(id); id == "" {
			continue
		}
		if !all[id] {
			fmt.Fprintf(os.Stderr, "unknown %s: %s\n", what, id)
			os.Exit(2)
		}
		set[id] = true
	}
	return set
}

// checkConflicts ends the program when two readings exclude each other.
func checkConflicts(set map[string]bool) {
	for _, part := range strings.Split(readingList, "[[reading]]") {
		id := idLine.FindStringSubmatch(part)
		if id == nil || !set[id[1]] {
			continue
		}
		_, rest, _ := strings.Cut(part, "\nconflicts = [")
		for _, other := range strings.Split(strings.TrimRight(rest, "]\n"), ",") {
			if set[strings.Trim(other, ` "`)] {
				fmt.Fprintf(os.Stderr, "readings exclude each other: %s, %s\n", id[1], strings.Trim(other, ` "`))
				os.Exit(2)
			}
		}
	}
}

func readApps(name string) (map[string]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	apps := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		id, secret, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("%s: not appId:secret: %s", name, line)
		}
		apps[id] = secret
	}
	return apps, nil
}

func main() {
	port := flag.Int("port", 0, "port, 0 for any free")
	appFile := flag.String("apps", "", "file of appId:secret lines")
	tolerance := flag.Int("tolerance", 900, "seconds a timestamp may be from now")
	bugs := flag.String("bugs", "", "ids of bugs.toml")
	readings := flag.String("readings", "", "ids of readings.toml")
	flag.Parse()
	s := newServer(chosen("bug", *bugs, bugList), chosen("reading", *readings, readingList))
	checkConflicts(s.readings)
	s.tolerance = time.Duration(*tolerance) * time.Second
	var err error
	if *appFile != "" {
		if s.apps, err = readApps(*appFile); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	go func() { <-stop; os.Exit(0) }()
	fmt.Printf("listening on http://%s\n", l.Addr())
	web := &http.Server{Handler: s, ConnContext: withConn, ErrorLog: log.New(nowhere{}, "", 0)}
	if s.reading("close-each") || s.reading("one-connection") {
		web.SetKeepAlivesEnabled(false)
	}
	if s.reading("one-connection") {
		web.ReadHeaderTimeout = time.Second
	}
	web.Serve(s.watch(l))
}

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
