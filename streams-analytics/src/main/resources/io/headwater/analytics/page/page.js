// The page of an analytics instance: the state of its queries every two seconds, and the results of
// one query as charts, one a key, kept up to date by server-sent events.
'use strict';

const POLL_MS = 2000;
const WINDOWS = 500; // kept of each key
const FIRST_CHARTS = 6;
const NOT_TOLD = new Set(['query', 'key', 'start', 'end']); // every other field is an aggregate
const COLOURS = ['--accent', '--good', '--warn', '--bad', '--quiet'];

const byId = id => document.getElementById(id);
const charts = new Map(); // by key
let query = null; // the chosen one's name
let stream = null;
let known = new Set();

// --- what is asked for -----------------------------------------------------------------------

async function ask(path) {
  const answer = await fetch(path, {cache: 'no-store'});
  const body = await answer.json();
  if (!answer.ok) {
    throw new Error(body.error || answer.statusText);
  }
  return body;
}

function results(parameters) {
  return ask(`api/results/${query}?${new URLSearchParams(parameters)}`);
}

function notice(text) {
  byId('notice').hidden = !text;
  byId('notice').textContent = text || '';
}

// --- the queries -----------------------------------------------------------------------------

async function refresh() {
  try {
    const {queries} = await ask('api/queries');
    showQueries(queries);
    const remembered = new URLSearchParams(location.hash.slice(1)).get('query');
    if (!queries.some(each => each.name === query)) {
      const first = queries.find(each => each.name === remembered) || queries[0];
      await choose(first ? first.name : null);
    } else if (charts.size === 0) {
      await firstCharts(); // there were no results yet
    }
    if (!stream || stream.readyState !== EventSource.CLOSED) {
      notice('');
    }
  } catch (e) {
    notice(e instanceof TypeError ? 'This instance does not answer; it is asked again.' : e.message);
  } finally {
    setTimeout(refresh, POLL_MS);
  }
}

function cell(row, text, name) {
  const td = row.insertCell();
  td.textContent = text;
  if (name) {
    td.className = name;
  }
  return td;
}

function count(row, value, isTrouble) {
  cell(row, value === undefined ? '–' : value.toLocaleString('en'),
    'number' + (isTrouble && value > 0 ? ' some' : ''));
}

function showQueries(queries) {
  const focused = document.activeElement?.dataset?.query;
  const body = byId('queries');
  body.replaceChildren();
  for (const each of queries) {
    const row = body.insertRow();
    row.className = each.name === query ? 'chosen' : '';
    const button = document.createElement('button');
    button.textContent = each.name;
    button.dataset.query = each.name;
    button.addEventListener('click', () => choose(each.name));
    row.insertCell().append(button);
    const restored = each.restore
      ? ` ${each.restore.records.toLocaleString('en')} of ${each.restore.total.toLocaleString('en')}` : '';
    cell(row, each.state + restored, 'state ' + each.state);
    cell(row, `${each.from} → ${each.to}`, 'quiet');
    count(row, each.lag);
    count(row, each.recordsIn);
    count(row, each.results);
    count(row, each.late, true);
    count(row, each.undecodable, true);
    count(row, each.dropped, true);
    if (each.problem) {
      const problem = body.insertRow();
      problem.className = 'problem' + (each.name === query ? ' chosen' : '');
      cell(problem, each.problem).colSpan = 9;
    }
    if (each.name === focused) {
      button.focus();
    }
  }
}

// --- the results of one ----------------------------------------------------------------------

async function choose(name) {
  query = name;
  for (const key of [...charts.keys()]) {
    drop(key);
  }
  known = new Set();
  byId('known').replaceChildren();
  for (const row of byId('queries').rows) {
    row.classList.toggle('chosen', row.querySelector('button')?.dataset.query === name);
  }
  byId('charts-title').textContent = name ? `Results of ${name}` : 'Results';
  if (name) {
    const hash = new URLSearchParams(location.hash.slice(1));
    const keys = hash.get('query') === name ? hash.getAll('key') : [];
    keys.forEach(add);
    if (keys.length === 0) {
      await firstCharts();
    }
  }
  listen();
}

/** Charts of the keys that had a window last. */
async function firstCharts() {
  const asked = query;
  let newest;
  try {
    newest = await results({limit: WINDOWS});
  } catch (e) {
    nothing(e.message);
    return;
  }
  if (asked !== query) {
    return;
  }
  newest.results.reverse().forEach(result => learn(result.key));
  [...known].slice(0, FIRST_CHARTS)
    .sort((a, b) => a.localeCompare(b, undefined, {numeric: true}))
    .forEach(add);
  nothing(charts.size === 0 ? 'There are no results yet.' : '');
  remember();
}

function nothing(text) {
  byId('nothing').hidden = !text;
  byId('nothing').textContent = text;
}

function learn(key) {
  if (!known.has(key) && known.size < 1000) {
    known.add(key);
    byId('known').append(new Option(key));
  }
}

function remember() {
  const hash = new URLSearchParams({query});
  [...charts.keys()].forEach(key => hash.append('key', key));
  history.replaceState(null, '', '#' + hash);
}

function add(key) {
  if (!charts.has(key)) {
    charts.set(key, new Chart(key));
    byId('charts').append(charts.get(key).card);
    charts.get(key).load();
    nothing('');
  }
}

function drop(key) {
  charts.get(key).close();
  charts.delete(key);
}

/** One stream for all charts: a browser opens six connections to a host at most. */
function listen() {
  stream?.close();
  stream = null;
  live('');
  if (!query) {
    return;
  }
  const only = charts.size === 1 ? `?${new URLSearchParams({key: [...charts.keys()][0]})}` : '';
  stream = new EventSource(`api/results/${query}/stream${only}`);
  // What came before it is fetched after it is there, so nothing falls between the two.
  stream.addEventListener('ready', () => {
    live('live');
    charts.forEach(chart => chart.load());
  });
  stream.addEventListener('message', event => {
    const result = parsed(event.data);
    if (!result) {
      return;
    }
    learn(result.key);
    charts.get(result.key)?.take([result]);
  });
  for (const end of ['dropped', 'ended']) {
    stream.addEventListener(end, event => live(JSON.parse(event.data).error));
  }
  stream.addEventListener('error', () => live('not live; it is tried again'));
}

/** Null of results that are not JSON: their charts are drawn from what is asked for. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function live(text) {
  byId('live').textContent = text;
  byId('live').classList.toggle('on', text === 'live');
}

// --- one chart -------------------------------------------------------------------------------

class Chart {
  constructor(key) {
    this.key = key;
    this.windows = new Map(); // by start, the newest result of each
    this.names = [];
    this.plot = null;
    this.due = 0;
    this.card = document.createElement('article');
    this.card.className = 'chart';
    const head = document.createElement('div');
    const title = document.createElement('h3');
    title.textContent = key;
    this.last = document.createElement('span');
    this.last.className = 'last';
    const close = document.createElement('button');
    close.className = 'close';
    close.textContent = '✕';
    close.title = close.ariaLabel = `Close the chart of ${key}`;
    close.addEventListener('click', () => {
      drop(key);
      remember();
    });
    head.append(title, this.last, close);
    this.place = document.createElement('div');
    this.card.append(head, this.place);
    this.resized = new ResizeObserver(() => this.plot?.setSize(this.size()));
    this.resized.observe(this.place);
  }

  async load() {
    try {
      this.take((await results({key: this.key, limit: WINDOWS})).results);
      if (this.windows.size === 0) {
        this.last.textContent = 'no results';
      }
    } catch (e) {
      this.last.textContent = e.message;
    }
  }

  take(results) {
    for (const result of results) {
      if (result.retracted) { // a session that has become part of another one
        if (this.windows.get(Date.parse(result.start))?.end === result.end) {
          this.windows.delete(Date.parse(result.start));
        }
      } else {
        this.windows.set(Date.parse(result.start), result);
      }
    }
    if (results.length > 0 && !this.due) {
      this.due = requestAnimationFrame(() => this.draw());
    }
  }

  draw() {
    this.due = 0;
    const starts = [...this.windows.keys()].sort((a, b) => a - b);
    for (const old of starts.splice(0, Math.max(0, starts.length - WINDOWS))) {
      this.windows.delete(old);
    }
    const newest = this.windows.get(starts.at(-1));
    if (!newest) {
      return;
    }
    this.last.textContent = 'window of ' + new Date(newest.start).toLocaleString();
    const names = Object.keys(newest).filter(name => !NOT_TOLD.has(name));
    if (!this.plot || names.join() !== this.names.join()) {
      this.names = names;
      this.plot?.destroy();
      this.plot = new uPlot(this.options(), this.data(starts), this.place);
    } else {
      this.plot.setData(this.data(starts));
    }
  }

  /** Columns; where a window is missing, a hole. */
  data(starts) {
    const columns = [[], ...this.names.map(() => [])];
    let end = null;
    for (const start of starts) {
      const result = this.windows.get(start);
      if (end !== null && start > end) {
        columns.forEach((column, i) => column.push(i === 0 ? end / 1000 : null));
      }
      columns[0].push(start / 1000);
      this.names.forEach((name, i) => columns[i + 1].push(result[name] ?? null));
      end = Math.max(end ?? 0, Date.parse(result.end));
    }
    return columns;
  }

  size() {
    return {width: Math.max(240, this.place.clientWidth), height: 220};
  }

  options() {
    const style = getComputedStyle(document.documentElement);
    const colour = name => style.getPropertyValue(name).trim();
    const axis = {stroke: colour('--quiet'), grid: {stroke: colour('--line'), width: 1}, ticks: {show: false}};
    // Counts have a scale of their own, and are hidden beside what was measured.
    const isCount = name => name === 'count' && this.names.length > 1;
    const shown = this.names.filter(name => !isCount(name));
    return {
      ...this.size(),
      scales: {count: {range: (_, min, max) => [0, Math.max(1, max)]}},
      axes: [axis, {...axis, size: 60}],
      series: [
        {label: 'start'},
        ...this.names.map((name, i) => ({
          label: name,
          scale: isCount(name) ? 'count' : 'y',
          show: !isCount(name),
          stroke: colour(COLOURS[(isCount(name) ? COLOURS.length - 1 : shown.indexOf(name)) % COLOURS.length]),
          width: 1.5,
          points: {size: 5},
          value: (_, value) => value === null || value === undefined ? '–' : +value.toPrecision(6),
        })),
      ],
    };
  }

  close() {
    cancelAnimationFrame(this.due);
    this.resized.disconnect();
    this.plot?.destroy();
    this.card.remove();
  }
}

byId('add').addEventListener('submit', event => {
  event.preventDefault();
  const key = byId('key').value.trim();
  if (key && query) {
    add(key);
    byId('key').value = '';
    remember();
    listen();
  }
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => charts.forEach(chart => {
  chart.names = [];
  chart.take([...chart.windows.values()]);
}));
refresh();
