package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// api returns a desk's page and API without any program.
func api(t *testing.T) (*desk, *httptest.Server) {
	t.Helper()
	d := newDesk(options{}, io.Discard)
	s := httptest.NewServer(d.handler())
	t.Cleanup(func() {
		s.Close()
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d, s
}

func TestGuard(t *testing.T) {
	_, s := api(t)
	own := strings.TrimPrefix(s.URL, "http://")
	port := own[strings.LastIndexByte(own, ':'):]
	const get, post, asJSON = http.MethodGet, http.MethodPost, "application/json"
	for name, c := range map[string]struct {
		method, path, host, kind, origin, site string
		want                                   int
	}{
		"the page":                     {get, "/", own, "", "", "", 200},
		"localhost":                    {get, "/api/house", "localhost" + port, "", "", "", 200},
		"own page":                     {post, "/api/tamper", own, asJSON, "http://" + own, "same-origin", 200},
		"charset":                      {post, "/api/tamper", own, asJSON + "; charset=utf-8", "http://" + own, "", 200},
		"no page":                      {post, "/api/tamper", own, asJSON, "", "", 200},
		"a name that means 127.0.0.1":  {get, "/api/links", "evil.example" + port, "", "", "", 421},
		"the same with POST":           {post, "/api/tamper", "evil.example" + port, asJSON, "http://evil.example" + port, "", 421},
		"localhost in another's name":  {get, "/api/house", "localhost.evil.example", "", "", "", 421},
		"no host":                      {get, "/api/house", "-", "", "", "", 421},
		"another site":                 {post, "/api/tamper", own, asJSON, "https://evil.example", "cross-site", 403},
		"another port of this machine": {post, "/api/tamper", own, asJSON, "http://127.0.0.1:1", "same-site", 403},
		"the other name of ours":       {post, "/api/tamper", own, asJSON, "http://localhost" + port, "", 403},
		"nobody's origin":              {post, "/api/tamper", own, asJSON, "null", "", 403},
		"another site, origin hidden":  {post, "/api/tamper", own, asJSON, "", "cross-site", 403},
		"https":                        {post, "/api/tamper", own, asJSON, "https://" + own, "", 403},
		"a form":                       {post, "/api/tamper", own, "text/plain", "http://" + own, "", 415},
		"a form without a kind":        {post, "/api/tamper", own, "", "http://" + own, "", 415},
		"PUT":                          {http.MethodPut, "/api/tamper", own, asJSON, "http://" + own, "", 405},
		"OPTIONS":                      {http.MethodOptions, "/api/tamper", own, "", "https://evil.example", "", 405},
		"a folder":                     {get, "/assets/", own, "", "", "", 404},
		"a folder without its slash":   {get, "/assets", own, "", "", "", 404},
		"a folder in disguise":         {get, "/assets%2f%2e", own, "", "", "", 404},
		"no such page":                 {get, "/api/kettle", own, "", "", "", 404},
		"GET where POST is wanted":     {get, "/api/tamper", own, "", "", "", 404},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequest(c.method, s.URL+c.path, strings.NewReader(`{"open":true}`))
			if err != nil {
				t.Fatal(err)
			}
			r.Host = c.host
			for h, v := range map[string]string{"Content-Type": c.kind, "Origin": c.origin, "Sec-Fetch-Site": c.site} {
				if v != "" {
					r.Header.Set(h, v)
				}
			}
			a, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Body.Close()
			if a.StatusCode != c.want {
				t.Errorf("%s, want %d", a.Status, c.want)
			}
			csp := a.Header.Get("Content-Security-Policy")
			if !strings.HasPrefix(csp, "default-src 'none'; script-src 'self'") || strings.Contains(csp, "unsafe") {
				t.Errorf("policy %q", csp)
			}
			if a.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Error("lets other sites read")
			}
		})
	}
}

func TestRequests(t *testing.T) {
	d, s := api(t)
	for name, c := range map[string]struct {
		path, body string
		want       int
		code       string
	}{
		"not JSON":        {"tamper", "open", 400, "request_unreadable"},
		"nothing":         {"tamper", "", 400, "request_unreadable"},
		"unknown field":   {"tamper", `{"open":true,"kettle":1}`, 400, "request_unreadable"},
		"two objects":     {"tamper", `{"open":true}{}`, 400, "request_unreadable"},
		"wrong type":      {"tamper", `{"open":1}`, 400, "request_unreadable"},
		"too large":       {"key", `{"key":"` + strings.Repeat("1", 5000) + `"}`, 400, "request_unreadable"},
		"no such key":     {"key", `{"key":"A"}`, 422, "key_unknown"},
		"two keys":        {"key", `{"key":"12"}`, 422, "key_unknown"},
		"a key for ever":  {"key", `{"key":"1","ms":9000000}`, 422, "key_unknown"},
		"before time":     {"key", `{"key":"1","ms":-1}`, 422, "key_unknown"},
		"no such plug":    {"plug", `{"name":"water","in":true}`, 422, "plug_unknown"},
		"no such program": {"kill", `{"name":"init"}`, 422, "program_unknown"},
		"too bright":      {"light", `{"level":1.5}`, 422, "level_range"},
		"below dark":      {"shade", `{"level":-0.1}`, 422, "level_range"},
		"out of the room": {"inside", `{"level":-1.5}`, 422, "level_range"},
		"off the wall":    {"bump", `{"right":3,"down":-101}`, 422, "bump_range"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := http.Post(s.URL+"/api/"+c.path, "application/json", strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			defer a.Body.Close()
			var got struct{ Error problem }
			if err := json.NewDecoder(a.Body).Decode(&got); err != nil {
				t.Fatal(err)
			}
			if a.StatusCode != c.want || got.Error.Code != c.code || got.Error.EN == "" || got.Error.FR == "" {
				t.Errorf("%s %+v, want %d %s", a.Status, got, c.want, c.code)
			}
		})
	}
	if v := d.house.View(); v.Tamper || len(v.Keys) > 0 || v.Light != 1 || v.Shade != 0 || v.Inside != 0 || v.Shift != [2]float64{} {
		t.Errorf("a refused request changed the house: %+v", v)
	}
}

func TestDoorOverTheAPI(t *testing.T) {
	_, s := api(t)
	post := func(path, body string) world {
		t.Helper()
		a, err := http.Post(s.URL+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		var w world
		if err := json.NewDecoder(a.Body).Decode(&w); err != nil || a.StatusCode != 200 {
			t.Fatalf("%s, %v", a.Status, err)
		}
		return w
	}
	stream, err := http.Get(s.URL + "/api/world")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	// told reads the stream until the world is as wanted.
	told := func(what string, is func(world) bool) {
		t.Helper()
		deadline := time.Now().Add(10 * time.Second)
		for lines.Scan() && time.Now().Before(deadline) {
			text, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			var w world
			if err := json.Unmarshal([]byte(text), &w); err != nil {
				t.Fatal(err)
			}
			if is(w) {
				return
			}
		}
		t.Fatalf("the stream never says: %s", what)
	}
	told("shut and locked", func(w world) bool { return w.Door == 0 && w.Bolt == "thrown" && w.Mains && w.Network })
	if w := post("/api/door", `{"open":true}`); w.Open {
		t.Error("a locked door opened")
	}
	if w := post("/api/door", `{"open":true,"inside":true}`); !w.Open {
		t.Error("the way out is locked")
	}
	told("half open", func(w world) bool { return w.Door > 0.2 && w.Door < 0.8 })
	told("open", func(w world) bool { return w.Door == 1 && w.Contact == "open" })
	post("/api/door", `{"open":false}`)
	told("shut", func(w world) bool { return w.Door == 0 && w.Contact == "closed" && w.Bolt == "thrown" })
	if w := post("/api/force", `{}`); w.Forced != 1 {
		t.Errorf("forced: %+v", w)
	}
	if w := post("/api/key", `{"key":"#","ms":500}`); len(w.Keys) != 1 || w.Keys[0] != "#" {
		t.Errorf("keys %v", w.Keys)
	}
	post("/api/cover", `{"covered":true}`)
	if w := post("/api/light", `{"level":0.25}`); !w.Covered || w.Light != 0.25 {
		t.Errorf("%+v", w)
	}
	post("/api/inside", `{"level":-0.5}`)
	post("/api/shade", `{"level":1}`)
	if w := post("/api/bump", `{"right":12,"down":-8}`); w.Inside != -0.5 || w.Shade != 1 || w.Shift != [2]float64{12, -8} {
		t.Errorf("%+v", w)
	}
	if w := post("/api/tamper", `{"open":true}`); !w.Tamper {
		t.Errorf("%+v", w)
	}
}
