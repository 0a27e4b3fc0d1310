//go:build e2e

package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
	"go.yaml.in/yaml/v3"
)

// testDeployments runs the media server of each example in examples/deploy with the image, files and settings of the example.
func (s *imageStore) testDeployments(t *testing.T) {
	const host = "192.168.1.2"
	t.Run("compose-coturn", func(t *testing.T) {
		d := readDeployment(t, "compose-coturn", map[string]string{"PUBLIC_IP": host, "PRIVATE_IP": host})
		s.callDeployment(t, d, "rivero", 40000, 49151)
	})
	t.Run("bridge-one-port", func(t *testing.T) {
		d := readDeployment(t, "bridge-one-port", map[string]string{"PUBLIC_IP": host})
		s.callDeployment(t, d, "rivero", 40000, 40000)
	})
	t.Run("openvidu", func(t *testing.T) {
		d := readDeployment(t, "openvidu", map[string]string{"PUBLIC_IP": host, "PRIVATE_IP": host})
		certificate := d.makeCertificate(t, host)
		c := s.callDeployment(t, d, "kms", 40000, 57000)

		text, err := os.ReadFile(certificate)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(text)
		dialer := websocket.Dialer{TLSClientConfig: &tls.Config{RootCAs: roots}, NetDial: c.network.dialer("peer")}
		ws, _, err := dialer.Dial("wss://"+host+":8433/kurento", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer ws.Close()
		if pong := (&rawConn{t: t, ws: ws}).must("ping", object{}); pong != "pong" {
			t.Errorf("ping over wss: %q", pong)
		}
		logs, err := filepath.Glob(filepath.Join(d.folder, "opt/openvidu/kurento-logs/*.log"))
		if err != nil || len(logs) == 0 {
			t.Fatalf("no log files: %v", err)
		}
		if text, err := os.ReadFile(logs[0]); err != nil || !strings.Contains(string(text), "Kurento Media Server started") {
			t.Errorf("log file: %v: %s", err, text)
		}
	})
	t.Run("kubernetes", s.testPod)
}

// callDeployment starts a service and calls it from the other machine of its network; media is at certain ports.
func (s *imageStore) callDeployment(t *testing.T, d deployment, service string, minPort, maxPort uint16) *container {
	t.Helper()
	n := newCable(t)
	c := s.run(n, 8888, d.services[service].Image, d.options(t, service))
	if out, code := c.exec("/usr/bin/rivero", "healthcheck"); code != 0 {
		t.Errorf("health check: %d: %s", code, out)
	}
	p := n.startPeer(peerOptions{})
	c.call().loopback(p)
	if r := p.report(); r.Port < minPort || r.Port > maxPort {
		t.Errorf("media at port %d", r.Port)
	}
	return c
}

// A pod is what the manifest says of the container, as far as it can be tried without Kubernetes.
type pod struct {
	AutomountServiceAccountToken bool `yaml:"automountServiceAccountToken"`
	SecurityContext              struct {
		RunAsNonRoot bool   `yaml:"runAsNonRoot"`
		RunAsUser    string `yaml:"runAsUser"`
		RunAsGroup   string `yaml:"runAsGroup"`
	} `yaml:"securityContext"`
	Containers []struct {
		Image           string
		SecurityContext struct {
			AllowPrivilegeEscalation bool `yaml:"allowPrivilegeEscalation"`
			ReadOnlyRootFilesystem   bool `yaml:"readOnlyRootFilesystem"`
			Capabilities             struct{ Drop []string }
		} `yaml:"securityContext"`
		StartupProbe   podProbe `yaml:"startupProbe"`
		ReadinessProbe podProbe `yaml:"readinessProbe"`
		LivenessProbe  podProbe `yaml:"livenessProbe"`
		Resources      struct{ Requests, Limits map[string]string }
	}
	Volumes []struct {
		Name      string
		ConfigMap struct{ Items []struct{ Key, Path string } } `yaml:"configMap"`
	}
}

type podProbe struct {
	Exec struct{ Command []string }
}

// testPod runs the container of the Kubernetes example with its files and rights, and its probes in it.
func (s *imageStore) testPod(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(env.root, "examples/deploy/kubernetes/rivero.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Kind string
		Data map[string]string
	}
	var workload struct {
		Kind string
		Spec struct{ Template struct{ Spec yaml.Node } }
	}
	var service struct {
		Kind string
		Spec struct {
			Selector map[string]string
			Ports    []struct{ Port int }
		}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for _, document := range []any{&config, &workload, &service} {
		if err := decoder.Decode(document); err != nil {
			t.Fatal(err)
		}
	}
	var p pod
	if err := workload.Spec.Template.Spec.Decode(&p); err != nil {
		t.Fatal(err)
	}
	if config.Kind != "ConfigMap" || workload.Kind != "Deployment" || service.Kind != "Service" || len(p.Containers) != 1 {
		t.Fatalf("%s, %s with %d containers, %s", config.Kind, workload.Kind, len(p.Containers), service.Kind)
	}
	c, rights := p.Containers[0], p.Containers[0].SecurityContext
	if !p.SecurityContext.RunAsNonRoot || !rights.ReadOnlyRootFilesystem || rights.AllowPrivilegeEscalation || p.AutomountServiceAccountToken ||
		len(rights.Capabilities.Drop) != 1 || c.Resources.Requests["memory"] == "" || c.Resources.Limits["memory"] == "" {
		t.Errorf("rights and limits %+v", p)
	}

	etc := t.TempDir()
	for _, item := range p.Volumes[0].ConfigMap.Items {
		path := filepath.Join(etc, item.Path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(config.Data[item.Key]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	running := s.run(newCable(t), service.Spec.Ports[0].Port, c.Image, []string{"--read-only", "--read-only-tmpfs=false", "--cap-drop", "all",
		"--security-opt", "no-new-privileges", "--user", p.SecurityContext.RunAsUser + ":" + p.SecurityContext.RunAsGroup, "--volume", etc + ":/etc/kurento:ro"})
	for _, probe := range [][]string{c.StartupProbe.Exec.Command, c.ReadinessProbe.Exec.Command, c.LivenessProbe.Exec.Command} {
		if len(probe) == 0 {
			t.Fatal("a probe is missing")
		}
		if out, code := running.exec(probe...); code != 0 {
			t.Errorf("probe %q: %d: %s", probe, code, out)
		}
	}
	if out, code := running.exec("/usr/bin/rivero", "config"); code != 0 || !strings.Contains(out, "198.51.100.10") || !strings.Contains(out, "40000") {
		t.Errorf("the mounted configuration is not what counts: %d\n%s", code, out)
	}
}
