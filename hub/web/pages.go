package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// page is one file of the pages, as it is and, where that is worth it, packed.
type page struct {
	plain, packed body
	kind          string
	cache         string
}

// body is what is sent of a page, and its name among all that ever were.
type body struct {
	bytes []byte
	etag  string
}

func bodyOf(b []byte) body {
	sum := sha256.Sum256(b)
	return body{b, `"` + hex.EncodeToString(sum[:12]) + `"`}
}

// worth is how many bytes of a page have to be saved for a browser to unpack it.
const worth = 512

// pack returns a page's packed form; the zero body where that is not worth it. It is done once, when the hub starts.
func pack(plain []byte) (body, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil || b.Len()+worth > len(plain) {
		return body{}, err
	}
	return bodyOf(b.Bytes()), nil
}

// unpacks reports whether whoever asks takes gzip (RFC 9110, 12.5.3).
func unpacks(r *http.Request) bool {
	for _, coding := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if strings.TrimSpace(name) == "gzip" && strings.ReplaceAll(weight, " ", "") != "q=0" {
			return true
		}
	}
	return false
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
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		kind, ok := kinds[path.Ext(name)]
		if !ok {
			return fmt.Errorf("pages: %s is of no known kind", name)
		}
		p := page{plain: bodyOf(text), kind: kind, cache: "no-cache"}
		if p.packed, err = pack(text); err != nil {
			return fmt.Errorf("pages: %s: %w", name, err)
		}
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
		b := p.plain
		if p.packed.bytes != nil {
			w.Header().Set("Vary", "Accept-Encoding")
			if unpacks(r) {
				b = p.packed
				w.Header().Set("Content-Encoding", "gzip")
			}
		}
		w.Header().Set("ETag", b.etag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b.bytes))
	}), nil
}
