/** A file of the package, which lies above the source in a clone, above the build in the package. */
export function packageFile(name: string): URL {
  const [folder] = import.meta.url.split(/(?:dist\/)?src\/io\/package-file\.[jt]s$/);
  return new URL(name, folder);
}
