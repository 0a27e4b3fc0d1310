// Package web is the playground: one page, embedded in the binary, that drives this very server with the published
// kurento-client. It holds the files of that page, the client under vendor/ and the handler that serves them;
// nothing here knows the control plane or media.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"strings"
	"sync"
)

//go:embed index.html style.css js vendor
var content embed.FS

// policy lets the page load its own files and open WebSockets, and nothing else: it must work without Internet.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; " +
	"connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the playground for GET and HEAD of "/" and the files below it. The page connects to the WebSocket at
// path /kurento of the host that served it, unless its address field or ?ws= says otherwise.
// The handler is safe for concurrent use.
func Handler() http.Handler {
	files := http.FileServerFS(content)
	tag := sync.OnceValue(etag)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed: "+r.Method, http.StatusMethodNotAllowed)
			return
		}
		if r.URL.Path != "/" && strings.HasSuffix(r.URL.Path, "/") { // no listings of folders
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		// Embedded files carry no time, so a browser can only ask whether its copy is still the one of this binary.
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag())
		files.ServeHTTP(w, r)
	})
}

// etag names the content of all files together.
func etag() string {
	sum := sha256.New()
	_ = fs.WalkDir(content, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := content.ReadFile(path)
		sum.Write(data)
		return err
	})
	return `"` + hex.EncodeToString(sum.Sum(nil)[:8]) + `"`
}
