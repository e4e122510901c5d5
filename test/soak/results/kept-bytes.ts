import { readFileSync } from 'node:fs';

interface HeapSnapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      /** The first has the names of all types. */
      readonly node_types: readonly (readonly string[])[];
      readonly edge_fields: readonly string[];
    };
  };
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly strings: readonly string[];
}

/** Code, and what V8 notes about code and objects: it grows for hours, by less and less. */
const NOT_KEPT: readonly string[] = ['code', 'hidden', 'object shape', 'synthetic'];

/**
 * The bytes of what a program keeps, as a heap snapshot has them: objects, arrays, texts, numbers and functions. Without the
 * tables behind Maps and Sets: V8 doubles one when it is full of what was deleted, by half a megabyte for 10,000 entries, and
 * when that happens is chance.
 */
export function keptBytes(path: string): number {
  const { snapshot, nodes, edges, strings } = JSON.parse(readFileSync(path, 'utf8')) as HeapSnapshot;
  const { node_fields: nodeFields, node_types: nodeTypes, edge_fields: edgeFields } = snapshot.meta;
  const field = (name: string): number => nodeFields.indexOf(name);
  const [type, name, size, edgeCount] = [field('type'), field('name'), field('self_size'), field('edge_count')];
  const [edgeName, toNode] = [edgeFields.indexOf('name_or_index'), edgeFields.indexOf('to_node')];
  const at = (list: readonly number[], index: number): number => list[index] ?? 0;
  let edge = 0;
  let bytes = 0;
  for (let node = 0; node < nodes.length; node += nodeFields.length) {
    if (!NOT_KEPT.includes(nodeTypes[0]?.[at(nodes, node + type)] ?? '')) bytes += at(nodes, node + size);
    const holder = strings[at(nodes, node + name)];
    const end = edge + at(nodes, node + edgeCount) * edgeFields.length;
    for (; edge < end; edge += edgeFields.length) {
      const isTable = (holder === 'Map' || holder === 'Set') && strings[at(edges, edge + edgeName)] === 'table';
      if (isTable) bytes -= at(nodes, at(edges, edge + toNode) + size);
    }
  }
  return bytes;
}
