using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Constraints;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.LabelingUi.Features.Account.Access;
using Rlhf.LabelingUi.Features.Runs;
using Rlhf.Testing;

namespace Rlhf.LabelingUi.Tests.Account;

/// <summary>
/// Walks every page and every call of the API as everybody, and compares who was let in with labeling-ui/ACCESS.md. After a change that
/// is meant, <c>RLHF_UPDATE_ACCESS=1</c> writes the file anew; the difference is then for a person to read.
/// </summary>
public sealed class AccessTableTests
{
    private const string HubToken = "the-token";

    private static readonly string Path = System.IO.Path.Combine(SharedData.RepositoryRoot, "labeling-ui", "ACCESS.md");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_address_lets_in_whom_the_table_says()
    {
        await using var served = await ServedHome.StartAsync(new WebSettings(), builder =>
        {
            builder.Services.AddSingleton(new HubToken(HubToken));
            builder.Services.AddSingleton(new StageCatalog(new Dictionary<string, Type> { ["reward"] = typeof(RewardOptions) }));
        });
        var visitors = await VisitorsAsync(served);
        var rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var endpoint in served.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            if (IsFile(endpoint))
                continue;
            foreach (string method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                var cells = new List<string>();
                foreach (var (_, client) in visitors)
                    cells.Add(await IsLetInAsync(client, method, AddressOf(endpoint.RoutePattern)) ? "yes" : "–");
                string route = "/" + endpoint.RoutePattern.RawText!.Trim('/');
                rows[$"{route} {method}"] = $"| `{method} {route}` | {string.Join(" | ", cells)} |";
            }
        }
        string table = Text(visitors.Select(visitor => visitor.Name), rows.Values);
        if (Environment.GetEnvironmentVariable("RLHF_UPDATE_ACCESS") == "1")
            await File.WriteAllTextAsync(Path, table, Cancellation);
        Assert.Equal((await File.ReadAllTextAsync(Path, Cancellation)).ReplaceLineEndings("\n"), table);
    }

    [Fact]
    public async Task Style_sheets_scripts_and_the_health_are_for_everybody()
    {
        await using var served = await ServedHome.StartAsync();
        foreach (var endpoint in served.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Where(IsFile))
            Assert.True(await IsLetInAsync(served.NewClient(), "GET", AddressOf(endpoint.RoutePattern)));
    }

    private static async Task<List<(string Name, HttpClient Client)>> VisitorsAsync(ServedHome served)
    {
        var visitors = new List<(string, HttpClient)> { ("nobody", served.NewClient()), ("expired", WithToken(served, "rlhf_expired")) };
        foreach (var role in Enum.GetValues<AccountRole>())
            visitors.Add((role.ApiName(), (await served.AddUserAsync(role)).Client));
        visitors.Add(("hub token", WithToken(served, HubToken)));
        return visitors;
    }

    private static HttpClient WithToken(ServedHome served, string token)
    {
        var client = served.NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>Whatever else was wrong with the request: it was not the visitor.</summary>
    private static async Task<bool> IsLetInAsync(HttpClient client, string method, string address)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), address);
        // A stream of events never ends.
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        return answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => false,
            HttpStatusCode.Found => !answer.Headers.Location!.OriginalString.StartsWith("/account/sign-in", StringComparison.Ordinal),
            _ => true,
        };
    }

    private static bool IsFile(RouteEndpoint endpoint) =>
        endpoint.RoutePattern.RawText is { } route && (route.EndsWith(".css", StringComparison.Ordinal)
        || route.EndsWith(".js", StringComparison.Ordinal));

    /// <summary>The route with values that name nothing.</summary>
    private static string AddressOf(RoutePattern pattern) => "/" + string.Join('/', pattern.PathSegments.Select(segment =>
        string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            RoutePatternParameterPart parameter => Value(pattern, parameter.Name),
            _ => "",
        }))));

    private static string Value(RoutePattern pattern, string parameter)
    {
        var policies = pattern.ParameterPolicies.TryGetValue(parameter, out var found) ? found : [];
        return policies.Any(policy => policy.Content == "int" || policy.ParameterPolicy is IntRouteConstraint) ? "404"
            : policies.Any(policy => policy.Content == "guid" || policy.ParameterPolicy is GuidRouteConstraint)
                ? "00000000-0000-7000-8000-000000000000" : "nothing";
    }

    private static string Text(IEnumerable<string> visitors, IEnumerable<string> rows)
    {
        string[] names = [.. visitors];
        var text = new StringBuilder(
            """
            # Who is let in

            Every page and every call of the API, made and compared by `AccessTableTests`. "–" is a refusal: 401 or 403 of the API, the
            sign-in or a page that says so in a browser. Whoever is let in still sees only what is theirs. "expired" is a sign-in that
            has ended; style sheets and scripts are for everybody.


            """.ReplaceLineEndings("\n"));
        text.Append("| | ").AppendJoin(" | ", names).Append(" |\n|---|").Insert(text.Length, "---|", names.Length).Append('\n');
        foreach (string row in rows)
            text.Append(row).Append('\n');
        return text.ToString();
    }
}
