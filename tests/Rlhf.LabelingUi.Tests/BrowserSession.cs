using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Rlhf.LabelingUi.Tests;

/// <summary>A client that keeps cookies and fills in forms, as a browser does. Follows no redirects.</summary>
public sealed class BrowserSession : IDisposable
{
    private readonly HttpClientHandler _handler = new() { AllowAutoRedirect = false };

    public BrowserSession(Uri server) => Client = new HttpClient(_handler) { BaseAddress = server };

    public HttpClient Client { get; }

    /// <summary>The cookies that the server has set.</summary>
    public IReadOnlyCollection<Cookie> Cookies => _handler.CookieContainer.GetCookies(Client.BaseAddress!);

    /// <summary>The cookie of the sign-in; null where nobody is signed in.</summary>
    public Cookie? SignIn => Cookies.SingleOrDefault(cookie => cookie.Name.StartsWith("rlhf.session.", StringComparison.Ordinal));

    /// <summary>Opens a page and sends one of its forms.</summary>
    /// <param name="address">The address of the page.</param>
    /// <param name="form">The name of the form.</param>
    /// <param name="values">What is filled in.</param>
    public async Task<HttpResponseMessage> SubmitAsync(
        string address, string form, IEnumerable<(string Name, string Value)> values, CancellationToken cancellation)
    {
        string html = await (await Client.GetAsync(address, cancellation)).Content.ReadAsStringAsync(cancellation);
        return await Client.PostAsync(address, Form(html, form, values), cancellation);
    }

    /// <summary>Signs in with the form.</summary>
    public Task<HttpResponseMessage> SignInAsync(string name, string password, CancellationToken cancellation, string query = "") =>
        SubmitAsync("/account/sign-in" + query, "sign-in", [("Form.Name", name), ("Form.Password", password)], cancellation);

    /// <summary>Calls the API as a script of a page does: with the antiforgery token of the session.</summary>
    public async Task<HttpResponseMessage> CallAsync(HttpMethod method, string address, object? body, CancellationToken cancellation)
    {
        var session = await Client.GetFromJsonAsync<JsonElement>("/api/v1/session", cancellation);
        using var request = new HttpRequestMessage(method, address);
        request.Headers.Add("RequestVerificationToken", session.GetProperty("antiforgery").GetString());
        if (body is not null)
            request.Content = JsonContent.Create(body);
        return await Client.SendAsync(request, cancellation);
    }

    public void Dispose()
    {
        Client.Dispose();
        _handler.Dispose();
    }

    private static FormUrlEncodedContent Form(string html, string form, IEnumerable<(string Name, string Value)> values)
    {
        string token = WebUtility.HtmlDecode(
            Regex.Match(html, "name=\"__RequestVerificationToken\"[^>]*value=\"([^\"]*)\"").Groups[1].Value);
        return new FormUrlEncodedContent(values.Append(("_handler", form)).Append(("__RequestVerificationToken", token))
            .Select(value => new KeyValuePair<string, string>(value.Item1, value.Item2)));
    }
}
