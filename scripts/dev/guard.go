package main

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
)

const largestRequest = 4096 // bytes

// policy is the desk page's: itself and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard lets only this machine's own pages in. The port is a loopback one, but every page in the
// browser of whoever sits at the desk can reach it: by its address, and, with a name that suddenly
// means 127.0.0.1, as its own (DNS rebinding). So the Host must be this machine's, and what changes
// something must come from our own page or from no page at all.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if !ownHost(r.Host) {
			refuse(w, http.StatusMisdirectedRequest, "host_unknown",
				"Open the desk page as 127.0.0.1 or localhost.", "Ouvrez la page du bureau sous 127.0.0.1 ou localhost.")
			return
		}
		switch r.Method {
		case http.MethodGet, http.MethodHead:
		case http.MethodPost:
			if !ownOrigin(r) {
				refuse(w, http.StatusForbidden, "origin_foreign",
					"Another site asked for this. The door listens to its own page only.",
					"Un autre site a fait cette demande. La porte n'écoute que sa propre page.")
				return
			}
			if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
				refuse(w, http.StatusUnsupportedMediaType, "json_wanted",
					"Send JSON (Content-Type: application/json).", "Envoyez du JSON (Content-Type : application/json).")
				return
			}
		default:
			h.Set("Allow", "GET, HEAD, POST")
			refuse(w, http.StatusMethodNotAllowed, "method_unknown", "Use GET or POST.", "Utilisez GET ou POST.")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, largestRequest)
		next.ServeHTTP(w, r)
	})
}

// ownHost reports whether a request's Host is this machine by a name that nobody else can give.
func ownHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	switch host {
	case "localhost", "127.0.0.1", "::1", "[::1]":
		return true
	}
	return false
}

// ownOrigin reports whether a request comes from our own page. A browser names the origin of every
// POST; without one it was no page that asked.
func ownOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return false
	}
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	u, err := url.Parse(origins[0])
	return err == nil && len(origins) == 1 && u.Scheme == "http" && u.Host == r.Host
}

// problem is how a refusal looks.
type problem struct {
	Code string `json:"code"`
	EN   string `json:"en"`
	FR   string `json:"fr"`
}

func refuse(w http.ResponseWriter, status int, code, en, fr string) {
	reply(w, status, map[string]problem{"error": {Code: code, EN: en, FR: fr}})
}

// reply answers with JSON.
func reply(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil { // only a bug can do that
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // whoever asked may have gone
}

// read reads a request of exactly one JSON object without unknown fields.
func read(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("read the request: more than one object")
	}
	return nil
}
