package web

import (
	"compress/gzip"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestLimits(t *testing.T) {
	l := newLimits()
	r := rate{3, time.Second}
	for i, want := range []bool{true, true, true, false, false} {
		if got := l.allow(noon, r, "try", "a"); got != want {
			t.Errorf("the %d. time: %v, want %v", i+1, got, want)
		}
	}
	if !l.allow(noon, r, "try", "b") || !l.allow(noon, r, "pair", "a") {
		t.Error("one uses up another's")
	}
	if !l.allow(noon.Add(time.Second), r, "try", "a") || l.allow(noon.Add(time.Second), r, "try", "a") {
		t.Error("a second later it may happen once more")
	}
	if l.allow(noon, r, "try", "a") {
		t.Error("a clock that was set back gives something away")
	}
	for range 3 {
		l.allow(noon.Add(time.Hour), r, "try", "a")
	}
	if l.allow(noon.Add(time.Hour), r, "try", "a") {
		t.Error("an hour saves up more than the burst")
	}
}

func TestLimitsForget(t *testing.T) {
	l := newLimits()
	r := rate{1, time.Second}
	for i := range maxBuckets {
		l.allow(noon, r, "x", strconv.Itoa(i))
	}
	if l.allow(noon, r, "x", "newcomer") {
		t.Error("memory grows without end")
	}
	if !l.allow(noon.Add(time.Second), r, "x", "newcomer") || len(l.buckets) != 1 {
		t.Errorf("%d buckets are kept that mean nothing", len(l.buckets))
	}
}

func TestQuota(t *testing.T) {
	q := newQuota(3)
	a1, ok1 := q.take("a", 2)
	_, ok2 := q.take("a", 2)
	_, ok3 := q.take("a", 2)
	_, ok4 := q.take("b", 2)
	_, ok5 := q.take("c", 2)
	if !ok1 || !ok2 || ok3 || !ok4 || ok5 {
		t.Errorf("%v %v %v %v %v", ok1, ok2, ok3, ok4, ok5)
	}
	a1()
	if _, ok := q.take("c", 2); !ok {
		t.Error("what was given back is lost")
	}
}

func TestChallengesAreBounded(t *testing.T) {
	c := newChallenges()
	for range maxChallenges {
		if _, ok, err := c.make(noon); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	if _, ok, _ := c.make(noon); ok {
		t.Error("challenges without end")
	}
	x, ok, err := c.make(noon.Add(challengeTime))
	if !ok || err != nil || len(c.open) != 1 {
		t.Errorf("old challenges are kept: %d", len(c.open))
	}
	if c.take(x, noon.Add(2*challengeTime)) || c.take(x, noon) {
		t.Error("a challenge is good for too long, or twice")
	}
}

func TestOrigins(t *testing.T) {
	o, err := originsOf(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}, "https://home.example")
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080", "localhost:8080": "http://localhost:8080", "[::1]:8080": "http://[::1]:8080",
		"home.example": "https://home.example", "home.example:8080": "", "127.0.0.1": "", "evil.example": "", "": "", "127.0.0.2:8080": "",
	} {
		if o[host] != want {
			t.Errorf("%q is %q, want %q", host, o[host], want)
		}
	}
	o, err = originsOf(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, "")
	if err != nil || o["localhost"] != "http://localhost" || o["localhost:80"] != "http://localhost" {
		t.Errorf("on port 80: %v, %v", o, err)
	}
	for _, bad := range []string{"home.example", "https://home.example/", "https://home.example/x", "ftp://home.example", "https://", "https://a@home.example", "://"} {
		if _, err := originsOf(&net.TCPAddr{Port: 1}, bad); err == nil {
			t.Errorf("%q is taken for an origin", bad)
		}
	}
}

// A text goes out packed to whoever can unpack it, under a name of its own, and is the same text.
func TestPagesArePacked(t *testing.T) {
	text := strings.Repeat("the door opens only while the camera sees\n", 200)
	h, err := loadPages(fstest.MapFS{
		"index.html": {Data: []byte("<html>")}, "assets/a-1.js": {Data: []byte(text)},
	})
	if err != nil {
		t.Fatal(err)
	}
	get := func(path, takes, has string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", takes)
		r.Header.Set("If-None-Match", has)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	plain := get("/assets/a-1.js", "", "")
	if plain.Body.String() != text || plain.Header().Get("Content-Encoding") != "" || plain.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("plain: %d bytes, %v", plain.Body.Len(), plain.Header())
	}
	for _, takes := range []string{"gzip, deflate, br, zstd", "br;q=1.0, gzip;q=0.8", "gzip"} {
		packed := get("/assets/a-1.js", takes, "")
		if packed.Header().Get("Content-Encoding") != "gzip" || packed.Header().Get("ETag") == plain.Header().Get("ETag") || packed.Body.Len() > len(text)/4 {
			t.Errorf("%s: %d bytes, %v", takes, packed.Body.Len(), packed.Header())
			continue
		}
		if again := get("/assets/a-1.js", takes, packed.Header().Get("ETag")); again.Code != http.StatusNotModified {
			t.Errorf("%s: what a browser has is sent again, %d", takes, again.Code)
		}
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(z); err != nil || string(got) != text {
			t.Errorf("%s: unpacked to %d bytes, %v", takes, len(got), err)
		}
	}
	for _, takes := range []string{"gzip;q=0", "gzip; q=0", "br", "xgzip"} {
		if got := get("/assets/a-1.js", takes, ""); got.Body.String() != text {
			t.Errorf("%s gets what it cannot read", takes)
		}
	}
	if small := get("/", "gzip", ""); small.Header().Get("Content-Encoding") != "" || small.Body.String() != "<html>" {
		t.Errorf("a small page is packed: %v", small.Header())
	}
}

func TestLoadPages(t *testing.T) {
	files := fstest.MapFS{
		"index.html": {Data: []byte("<html>")}, "assets/a-1234.js": {Data: []byte("x")}, "sw.js": {Data: []byte("y")}, "m.webmanifest": {Data: []byte("{}")},
	}
	h, err := loadPages(files)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][2]string{
		"/": {"text/html; charset=utf-8", "no-cache"}, "/index.html": {"text/html; charset=utf-8", "no-cache"},
		"/assets/a-1234.js": {"text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		"/sw.js":            {"text/javascript; charset=utf-8", "no-cache"}, "/m.webmanifest": {"application/manifest+json", "no-cache"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != 200 || w.Header().Get("Content-Type") != want[0] || w.Header().Get("Cache-Control") != want[1] || w.Header().Get("ETag") == "" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("posting to a page: %d", w.Code)
	}
	if _, err := loadPages(fstest.MapFS{}); err == nil {
		t.Error("no pages at all are served")
	}
	files["strange.exe"] = &fstest.MapFile{}
	if _, err := loadPages(files); err == nil {
		t.Error("a file of no known kind is served")
	}
}

// TestEveryErrorHasAStatusAndSentences reads the source, so that none is forgotten.
func TestEveryErrorHasAStatusAndSentences(t *testing.T) {
	seen := map[string]bool{"internal": true}
	for _, file := range []string{"error.go", "../house/error.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			fields := map[string]string{}
			for _, e := range lit.Elts {
				kv, ok := e.(*ast.KeyValueExpr)
				if !ok {
					return true
				}
				key, isName := kv.Key.(*ast.Ident)
				value, isText := kv.Value.(*ast.BasicLit)
				if isName && isText {
					fields[key.Name], _ = strconv.Unquote(value.Value)
				}
			}
			code := fields["Code"]
			if code == "" {
				return true
			}
			if _, ok := status[code]; !ok && code != "internal" {
				t.Errorf("%s has no status", code)
			}
			seen[code] = true
			for _, s := range []string{fields["En"], fields["Fr"]} {
				if !strings.HasSuffix(s, ".") || len(s) < 20 || s == fields["En"] && s == fields["Fr"] {
					t.Errorf("%s: %q is no sentence", code, s)
				}
			}
			return true
		})
	}
	for code := range status {
		if !seen[code] {
			t.Errorf("status of %s, which is no error", code)
		}
	}
}
