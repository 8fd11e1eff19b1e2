// Reads feeds as four npm parsers do: node read-feeds.mjs FILE… prints {file: {parser: [{id, link, title, enclosure}]}}.
// feedparser (node), rss-parser and feed-extractor know XML; feedsmith and feed-extractor know JSON Feed too.
import { createReadStream, readFileSync } from "node:fs";
import { extractFromJson, extractFromXml } from "@extractus/feed-extractor";
import FeedParser from "feedparser";
import { parseFeed } from "feedsmith";
import RssParser from "rss-parser";

const shown = (id, link, title, enclosure) => ({ id, link, title, enclosure: enclosure ?? null });

const withFeedparser = (file) =>
  new Promise((resolve, reject) => {
    const found = [];
    const parser = new FeedParser();
    parser.on("error", reject);
    parser.on("end", () => resolve(found));
    parser.on("readable", () => {
      for (let item = parser.read(); item; item = parser.read()) {
        found.push(shown(item.guid, item.link, item.title, item.enclosures[0]?.url));
      }
    });
    createReadStream(file).pipe(parser);
  });

const withRssParser = async (text) =>
  (await new RssParser().parseString(text)).items.map((i) => shown(i.guid ?? i.id, i.link, i.title, i.enclosure?.url));

const withExtractor = (text, isJson) => {
  const options = { useISODateFormat: true, getExtraEntryFields: (entry) => ({ rawId: entry.guid?.["#text"] ?? entry.id }) };
  const feed = isJson ? extractFromJson(JSON.parse(text), options) : extractFromXml(text, options);
  return feed.entries.map((entry) => shown(entry.rawId, entry.link, entry.title));
};

const withFeedsmith = (text) => {
  const { format, feed } = parseFeed(text);
  if (format === "rss") {
    return feed.items.map((i) => shown(i.guid.value, i.link, i.title, i.enclosures?.[0]?.url));
  }
  if (format === "atom") {
    const link = (entry, rel) => entry.links.find((l) => l.rel === rel)?.href;
    return feed.entries.map((e) => shown(e.id, link(e, "alternate"), e.title.value ?? e.title, link(e, "enclosure")));
  }
  return feed.items.map((i) => shown(i.id, i.url, i.title, i.attachments?.[0]?.url));
};

const results = {};
for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, "utf8");
  const isJson = file.endsWith(".json");
  results[file] = { "feed-extractor": withExtractor(text, isJson), feedsmith: withFeedsmith(text) };
  if (!isJson) {
    results[file].feedparser = await withFeedparser(file);
    results[file]["rss-parser"] = await withRssParser(text);
  }
}
console.log(JSON.stringify(results));
