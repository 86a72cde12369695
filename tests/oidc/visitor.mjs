// A browser as far as addresses, cookies and forms go, so that a test can hold a step back, repeat
// it, or have it done by somebody else.

export class Visitor {
  constructor(server) {
    this.server = server;
    this.jars = new Map(); // host -> Map of cookies
  }

  jarOf(url) {
    const { host } = new URL(url);
    if (!this.jars.has(host)) this.jars.set(host, new Map());
    return this.jars.get(host);
  }

  cookie(name) { return this.jarOf(this.server.url).get(name); }

  // Closes the session there.
  leave(forge) { this.jars.delete(new URL(forge.url).host); }

  // One request; redirects are answers. `form` makes it a POST.
  async open(url, form) {
    const address = new URL(url, this.server.url).href;
    const jar = this.jarOf(address);
    const headers = { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") };
    const options = { headers, redirect: "manual" };
    if (form) Object.assign(options, { method: "POST", body: new URLSearchParams(form) });
    const response = await fetch(address, options);
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      if (!value || /max-age=0\b|expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    const text = await response.text();
    const location = response.headers.get("location");
    return { status: response.status, text, headers: response.headers, url: address,
      location: location && new URL(location, address).href };
  }

  // Follows redirects as long as `goesOn` says so.
  async follow(answer, goesOn = () => true) {
    let current = answer;
    for (let steps = 0; current.location && goesOn(current.location); steps += 1) {
      if (steps > 12) throw new Error(`too many redirects, the last to ${current.location}`);
      current = await this.open(current.location);
    }
    return current;
  }

  // The CSRF token of a page of ours.
  async csrf(path = "/-/user_settings/profile") {
    return (await this.open(path)).text.match(/name="_csrf" value="([^"]+)"/)?.[1];
  }

  async post(path, form) { return this.open(path, { ...form, _csrf: await this.csrf() }); }

  // Presses "Sign in with"; the way to GitLab.
  async begin(forge, form = {}) {
    const answer = await this.open(`/users/auth/${forge.id}`, form);
    const url = answer.headers.get("refresh")?.match(/^0; url=(.*)$/)?.[1];
    return { ...answer, way: url };
  }

  // Signs in there and agrees; the address that GitLab sends the browser back to.
  async agree(way, user, answer = "yes") {
    const isElsewhere = (location) => !location.startsWith(`${this.server.url}/users/auth/`);
    let page = await this.follow(await this.open(way), isElsewhere);
    if (page.text.includes("<form")) {
      page = await this.follow(await this.open(page.url, { user: String(user), answer }), isElsewhere);
    }
    if (!page.location) throw new Error(`GitLab answered ${page.status}: ${page.text.slice(0, 300)}`);
    return page.location;
  }

  // The whole way; what the server here answers at the end of it.
  async signIn(forge, user, form) {
    const begun = await this.begin(forge, form);
    if (!begun.way) throw new Error(`no way to GitLab: ${begun.status} ${messageOf(begun)}`);
    return this.open(await this.agree(begun.way, user));
  }

  async signInByLink(link) { return this.open(link); }

  // The name of who is signed in, or nothing.
  async name() {
    const page = await this.open("/-/user_settings/profile");
    return page.text.match(/Your username is <b>([^<]+)<\/b>/)?.[1];
  }
}

export const messageOf = (answer) => answer.text.match(/class="alert[^>]*>(?:<svg.*?<\/svg>)?<div>([^<]*)/s)?.[1] ?? "";
