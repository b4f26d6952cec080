using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rlhf.Core.Files;

namespace Rlhf.LabelingUi.Shell.Requests;

/// <summary>Reads the body of a request as JSON. The web framework's own binding refuses without saying what is wrong.</summary>
internal static class JsonBody
{
    private static readonly JsonSerializerOptions Settings = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="BadHttpRequestException">Too large, or not such JSON; the answer is a 413 or 400 that says so.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context) where T : class
    {
        string json = await TextAsync(context);
        try
        {
            return JsonSerializer.Deserialize<T>(json, Settings) ?? throw new BadHttpRequestException("body: must be an object; got null");
        }
        catch (JsonException exception)
        {
            throw new BadHttpRequestException("body: " + JsonFault.Describe(exception, json, Settings.GetTypeInfo(typeof(T))), exception);
        }
    }

    private static async Task<string> TextAsync(HttpContext context)
    {
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
