/** A window's key in a map. Ids contain no space and come first, so that two windows never have the same name. */
export function windowName(
  { workspaceId, channelId }: { readonly workspaceId: string; readonly channelId: string },
  address: string,
): string {
  return `${workspaceId} ${channelId} ${address}`;
}
