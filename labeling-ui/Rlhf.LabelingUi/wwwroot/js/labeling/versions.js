// Versions of the project's questions and guidelines: that of the page, and others that older leases show.
export function versionsOf(page, api) {
  const known = new Map(page.versions.map((version) => [version.number, Promise.resolve(version)]));
  return (number) => {
    if (!known.has(number)) {
      const asked = api.call("GET", `projects/${page.project}/versions/${number}`).then(({ data }) => data);
      known.set(number, asked);
      asked.catch(() => known.delete(number));
    }
    return known.get(number);
  };
}
