export function bundleReportPage(): Promise<string>;
