// Shows the page what kurento-client sends and receives, without touching the client: this script runs first and puts an
// observed WebSocket in place of the browser's. It dispatches on `window`:
//   wire:message  detail {out: boolean, text: string}
//   wire:state    detail {state: 'connecting' | 'open' | 'closed', url: string}
(() => {
  const decoder = new TextDecoder();
  const tell = (type, detail) => window.dispatchEvent(new CustomEvent(type, { detail }));
  const textOf = (data) => (typeof data === 'string' ? data : decoder.decode(data));

  window.WebSocket = class extends window.WebSocket {
    constructor(...args) {
      super(...args);
      tell('wire:state', { state: 'connecting', url: this.url });
      this.addEventListener('open', () => tell('wire:state', { state: 'open', url: this.url }));
      this.addEventListener('close', () => tell('wire:state', { state: 'closed', url: this.url }));
      this.addEventListener('message', ({ data }) => tell('wire:message', { out: false, text: textOf(data) }));
    }

    send(data) {
      tell('wire:message', { out: true, text: textOf(data) });
      super.send(data);
    }
  };
})();
