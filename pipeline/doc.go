// Package pipeline is the object model: what a Kurento client can create, name by id, invoke, subscribe to
// and release. It holds the base classes (MediaObject, MediaElement, MediaPipeline, ServerManager) with
// their class tables, and the Server that owns all objects. Media itself is in the packages below:
// media (what flows), graph (who is linked to whom), codec (conversions), wire (values on the wire).
package pipeline
