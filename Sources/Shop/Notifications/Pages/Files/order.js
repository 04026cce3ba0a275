"use strict";
(() => {
  const texts = {
    en: {
      order: "Order", placed: "Placed on", items: "Items", history: "History", address: "Delivery to", subtotal: "Subtotal",
      discount: "Discount", tax: "Tax", shipping: "Shipping", total: "Total", each: "each", loading: "The order is being loaded …",
      invalid: "This link is no longer valid",
      invalidMore: "The link may be incomplete, or too much time has passed since the order ended. Open the link from the newest mail about the order.",
      failed: "The order cannot be shown at the moment", failedMore: "Please try again in a moment.", again: "Try again",
      statuses: {
        pending_payment: "Waiting for payment", confirmed: "Confirmed", processing: "Being prepared", shipped: "Shipped",
        delivered: "Delivered", cancelled: "Cancelled", expired: "Expired",
      },
    },
    de: {
      order: "Bestellung", placed: "Bestellt am", items: "Artikel", history: "Verlauf", address: "Lieferung an",
      subtotal: "Zwischensumme", discount: "Rabatt", tax: "Steuern", shipping: "Versand", total: "Gesamtbetrag", each: "je Stück",
      loading: "Die Bestellung wird geladen …", invalid: "Dieser Link ist nicht mehr gültig",
      invalidMore: "Vielleicht ist der Link unvollständig, oder seit dem Ende der Bestellung ist zu viel Zeit vergangen. Öffnen Sie den Link aus der neuesten Nachricht zur Bestellung.",
      failed: "Die Bestellung kann gerade nicht angezeigt werden", failedMore: "Bitte versuchen Sie es gleich noch einmal.",
      again: "Noch einmal versuchen",
      statuses: {
        pending_payment: "Wartet auf Zahlung", confirmed: "Bestätigt", processing: "In Vorbereitung", shipped: "Versandt",
        delivered: "Zugestellt", cancelled: "Storniert", expired: "Abgelaufen",
      },
    },
  };
  const language = (navigator.language || "en").toLowerCase().split("-")[0] === "de" ? "de" : "en";
  const text = texts[language];
  const locale = language === "de" && !/^de/i.test(navigator.language) ? "de" : navigator.language || "en";
  const page = document.getElementById("page");
  document.documentElement.lang = language;
  document.title = text.order;

  // Text is only ever set as text, never as markup.
  const element = (name, content, className) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (typeof content === "string") made.textContent = content;
    else if (content) made.append(...content);
    return made;
  };
  const show = (...parts) => page.replaceChildren(...parts);

  // The shop's digits of minor units. Those of the browser are others for some currencies.
  const minorDigits = JSON.parse(document.getElementById("digits").textContent);
  const money = ({ amount, currency }) => {
    const digits = minorDigits[currency] ?? 2;
    const units = amount / 10 ** digits;
    try {
      return new Intl.NumberFormat(locale, {
        style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits,
      }).format(units);
    } catch { return `${units.toFixed(digits)} ${currency}`; }
  };
  const day = (time, style) => new Intl.DateTimeFormat(locale, style).format(new Date(time));
  const status = (name) => text.statuses[name] || name;

  const row = (cells, className) => element("tr", cells.map((cell) => element("td", cell)), className);
  const sum = (label, value, isShown) => isShown ? [row([label, money(value)], label === text.total ? "total" : "")] : [];

  const addressLines = (address) => {
    // As in OrderMail.swift: in most countries, the postal code stands before the city.
    const isCityFirst = "AU BR CA CN GB IE IN JP KR MX NZ US ZA".split(" ").includes(address.country);
    const { postal_code: code, city, region } = address;
    const place = (isCityFirst ? [city, region, code] : [code, city, region]).filter(Boolean).join(" ");
    return [address.name, address.company, address.line1, address.line2, place, address.country].filter(Boolean);
  };

  const render = (order) => {
    document.title = `${text.order} ${order.number}`;
    const tone = order.status === "cancelled" || order.status === "expired" ? "bad" : order.status === "pending_payment" ? "" : "good";
    const lines = order.items.map((item) => {
      const options = Object.entries(item.options || {}).map(([name, value]) => `${name}: ${value}`).join(", ");
      // In <bdi>, text from right to left turns nothing around it.
      const name = [element("div", [`${item.quantity} × `, element("bdi", item.name)])];
      if (options) name.push(element("div", [element("bdi", options)], "dim"));
      name.push(element("div", `${money(item.unit_price)} ${text.each}`, "dim"));
      return row([name, money(item.line_total)]);
    });
    const sums = [
      ...sum(text.subtotal, order.subtotal, true),
      ...sum(text.discount, { ...order.discount, amount: -order.discount.amount }, order.discount.amount !== 0),
      ...sum(text.shipping, order.shipping, order.shipping.amount !== 0), ...sum(text.tax, order.tax, order.tax.amount !== 0),
      ...sum(text.total, order.total, true),
    ];
    show(
      element("h1", `${text.order} ${order.number}`),
      element("p", [element("span", status(order.status), `status ${tone}`)]),
      element("p", `${text.placed} ${day(order.created_at, { dateStyle: "long" })}`, "dim"),
      element("h2", text.items), element("table", [element("tbody", [...lines, ...sums])], "sums"),
      element("h2", text.address), element("address", addressLines(order.shipping_address || {}).map((line) => element("bdi", line))),
      element("h2", text.history),
      element("table", [element("tbody", order.history.map((event) =>
        row([status(event.status), day(event.at, { dateStyle: "medium", timeStyle: "short" })])))], "sums"),
    );
  };

  const problem = (title, more, retry) => {
    const parts = [element("h1", title), element("p", more)];
    if (retry) {
      const button = element("button", text.again);
      button.addEventListener("click", load);
      parts.push(button);
    }
    show(...parts);
  };

  async function load() {
    // A path like /orders/ID, perhaps behind a prefix. The token stands behind the #, which browsers keep to themselves.
    const [, base, id] = location.pathname.match(/^(.*)\/orders\/([^/]+)\/?$/) || [];
    const token = location.hash.slice(1);
    if (!id || !/^[A-Za-z0-9_-]{20,100}$/.test(token)) return problem(text.invalid, text.invalidMore);
    show(element("p", text.loading));
    try {
      const response = await fetch(`${base}/v1/orders/${id}`, {
        headers: { "X-Order-Token": token, Accept: "application/json" }, cache: "no-store", credentials: "omit",
      });
      if (response.status === 404) return problem(text.invalid, text.invalidMore);
      if (!response.ok) return problem(text.failed, text.failedMore, true);
      render(await response.json());
    } catch { problem(text.failed, text.failedMore, true); }
  }
  addEventListener("hashchange", load);
  load();
})();
