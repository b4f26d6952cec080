using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rlhf.Core.Content;
using Rlhf.Core.Files;
using Rlhf.Definitions;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Shell.Requests;

/// <summary>Reads the body of a request as JSON. The web framework's own binding refuses without saying what is wrong.</summary>
internal static class JsonBody
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Where the types of bodies are.</summary>
    private static readonly Assembly[] Assemblies = [typeof(JsonBody).Assembly, typeof(Answers).Assembly, typeof(Message).Assembly];

    /// <param name="context">The request.</param>
    /// <param name="maxBytes">The longest body that is read; null for the server's own limit.</param>
    /// <exception cref="BadHttpRequestException">Too large, or not such JSON; the answer is a 413 or 400 that says so.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context, long? maxBytes = null) where T : class =>
        Parse<T>(await TextAsync(context, maxBytes));

    /// <summary>As <see cref="ReadAsync"/>; null where there is no body.</summary>
    /// <exception cref="BadHttpRequestException">Too large, or not such JSON.</exception>
    public static async Task<T?> ReadOptionalAsync<T>(HttpContext context) where T : class =>
        await TextAsync(context, null) is { } json && !string.IsNullOrWhiteSpace(json) ? Parse<T>(json) : null;

    private static T Parse<T>(string json) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, ApiJson.Settings)
                ?? throw new InvalidBodyException("body: must be an object; got null", null);
        }
        catch (JsonException exception)
        {
            string fault = JsonFault.Describe(exception, json, ApiJson.Settings.GetTypeInfo(typeof(T)));
            throw new InvalidBodyException($"body: {fault}{Suggestion(exception)}", JsonFault.Field(exception), exception);
        }
    }

    /// <summary>The nearest right name for a field that is unknown; else nothing.</summary>
    private static string Suggestion(JsonException exception)
    {
        if (JsonFault.UnknownField(exception) is not { } unknown)
            return "";
        var type = Assemblies.Select(assembly => assembly.GetType(unknown.Type)).FirstOrDefault(found => found is not null);
        string[] names = type is null ? [] : [.. ApiJson.Settings.GetTypeInfo(type).Properties.Select(property => property.Name)];
        return names.Length == 0 ? "" : $"{NearestName.Suggest(unknown.Name, names)} Known fields: {string.Join(", ", names)}";
    }

    private static async Task<string> TextAsync(HttpContext context, long? maxBytes)
    {
        if (maxBytes is { } most && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = most;
        using var reader = new StreamReader(context.Request.Body, Utf8);
        try
        {
            return await reader.ReadToEndAsync(context.RequestAborted);
        }
        catch (DecoderFallbackException exception)
        {
            throw new BadHttpRequestException("body: not UTF-8", exception);
        }
    }
}
