package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// page is one file of the pages.
type page struct {
	body  []byte
	kind  string
	etag  string
	cache string
}

// kinds of files, told by their names. Nothing is guessed from what is in them, and
// nothing depends on what the machine has installed.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".webp": "image/webp", ".woff2": "font/woff2",
	".json": "application/json", ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8", ".wasm": "application/wasm",
}

// loadPages reads the built files. Names under assets hold a hash of what is inside, so
// browsers may keep those for ever; everything else is asked for again each time.
func loadPages(files fs.FS) (http.Handler, error) {
	pages := map[string]page{}
	err := fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		kind, ok := kinds[path.Ext(name)]
		if !ok {
			return fmt.Errorf("pages: %s is of no known kind", name)
		}
		sum := sha256.Sum256(body)
		p := page{body: body, kind: kind, etag: `"` + hex.EncodeToString(sum[:12]) + `"`, cache: "no-cache"}
		if strings.HasPrefix(name, "assets/") {
			p.cache = "public, max-age=31536000, immutable"
		}
		pages["/"+name] = p
		return nil
	})
	if err != nil {
		return nil, err
	}
	index, ok := pages["/index.html"]
	if !ok {
		return nil, fmt.Errorf("pages: there is no index.html")
	}
	pages["/"] = index
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := pages[r.URL.Path]
		if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, errNoPage.En+"\n"+errNoPage.Fr, http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", p.kind)
		w.Header().Set("Cache-Control", p.cache)
		w.Header().Set("ETag", p.etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.body))
	}), nil
}
