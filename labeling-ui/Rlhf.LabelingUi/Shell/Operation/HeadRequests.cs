using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Rlhf.LabelingUi.Features.Events;

namespace Rlhf.LabelingUi.Shell.Operation;

/// <summary>HEAD is answered as GET is, without the body (which the server leaves out by itself).</summary>
internal static class HeadRequests
{
    public static void Use(IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        // A stream of events has no end that a HEAD could wait for.
        if (!HttpMethods.IsHead(context.Request.Method) || context.Request.Path.StartsWithSegments(EventsApi.Address))
        {
            await next(context);
            return;
        }
        context.Request.Method = HttpMethods.Get;
        try
        {
            await next(context);
        }
        finally
        {
            context.Request.Method = HttpMethods.Head;
        }
    });
}
