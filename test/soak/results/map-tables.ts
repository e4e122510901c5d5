import { readFileSync } from 'node:fs';

interface HeapSnapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly edge_fields: readonly string[] };
  };
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly strings: readonly string[];
}

/**
 * The bytes of the tables behind all Maps and Sets, as a heap snapshot has them. V8 doubles a table when it is full of what was
 * deleted, by half a megabyte for 10,000 entries, and when that happens is chance.
 */
export function mapTableBytes(path: string): number {
  const { snapshot, nodes, edges, strings } = JSON.parse(readFileSync(path, 'utf8')) as HeapSnapshot;
  const { node_fields: nodeFields, edge_fields: edgeFields } = snapshot.meta;
  const [name, size, edgeCount] = ['name', 'self_size', 'edge_count'].map((field) => nodeFields.indexOf(field));
  const [edgeName, toNode] = ['name_or_index', 'to_node'].map((field) => edgeFields.indexOf(field));
  const at = (list: readonly number[], start: number, field = 0): number => list[start + field] ?? 0;
  const tables = new Set<number>();
  let edge = 0;
  for (let node = 0; node < nodes.length; node += nodeFields.length) {
    const holder = strings[at(nodes, node, name)];
    const end = edge + at(nodes, node, edgeCount) * edgeFields.length;
    for (; edge < end; edge += edgeFields.length) {
      const isTable = (holder === 'Map' || holder === 'Set') && strings[at(edges, edge, edgeName)] === 'table';
      if (isTable) tables.add(at(edges, edge, toNode));
    }
  }
  return [...tables].reduce((sum, node) => sum + at(nodes, node, size), 0);
}
