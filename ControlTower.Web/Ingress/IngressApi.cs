using System.Buffers;
using System.Diagnostics;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Ingress;
using ControlTower.Sync.Telemetry;
using ControlTower.Web.Api;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Ingress;

/// <summary>Where vendors push. Anonymous by design: the signature over the raw bytes is the credential, checked before anything is stored.</summary>
public static class IngressApi
{
    /// <summary>Larger than any order we have seen by a factor of fifty; smaller than what hurts.</summary>
    public const int LargestBody = 2 * 1024 * 1024;

    private static readonly Problem Forged = new("forged", "Not from this sender", 401, "The signature does not fit the body and this connection's secret. Check the secret on both sides.");

    private static readonly TimeSpan SlowestBody = TimeSpan.FromSeconds(10);

    private static readonly Problem TooLarge = Problem.TooLarge with { Detail = $"The body is larger than {LargestBody / 1024} KB. Nothing was stored. Send less at once." };

    private static readonly Problem TooSlow = Problem.Of(StatusCodes.Status408RequestTimeout) with { Detail = $"The body was not here within {SlowestBody.TotalSeconds:0} s, or came too slowly. Nothing was stored. Send it again." };

    private static readonly Problem CutOff = Problem.BadRequest with
    {
        Slug = "cut-off",
        Title = "Cut off",
        Detail = "The body ended before its end, or its chunks could not be read. Nothing was stored. Send it again.",
        Retryable = true,
    };

    // Why is nobody's business here: it stands in the log, on the Connections page and in the metrics.
    private static readonly Problem NotNow = Problem.Unavailable with { Detail = "Not now. Nothing is known to be stored. Send it again." };

    private static readonly Problem Busy = Problem.Unavailable with { Detail = "Too much is arriving at once. Nothing was stored. Send it again." };

    public static void AddIngressDoor(this IServiceCollection services)
    {
        services.AddOptions<IngressOptions>().BindConfiguration(IngressOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<IngressOptions>, IngressOptionsValidator>();
        services.AddSingleton<BodyBudget>();
    }

    public static void MapIngress(this IEndpointRouteBuilder routes) => routes
        .MapPost("/ingress/{connection}/{topic}", ReceiveAsync).AllowAnonymous().DisableAntiforgery()
        // The server's own limit is smaller, and would refuse what a vendor may well send.
        .WithMetadata(new RequestSizeLimitAttribute(LargestBody));

    private static async Task<IResult> ReceiveAsync(string connection, string topic, HttpContext http, IngressDesk desk, BodyBudget budget, TimeProvider clock)
    {
        using var share = budget.Open();
        var (body, problem) = await ReadAsync(http, share, clock);
        if (body is null)
        {
            Count(problem?.Slug ?? "hung-up");
            return problem is null ? Results.Empty : Problems.Result(problem);
        }

        var request = new RawRequest(
            topic, http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            http.Request.Query.ToDictionary(q => q.Key, q => q.Value.ToString(), StringComparer.OrdinalIgnoreCase), body);
        var reception = await desk.ReceiveAsync(connection, request, Activity.Current?.Context, http.RequestAborted);
        Count(reception.GetType().Name.ToLowerInvariant());
        return reception switch
        {
            Reception.Taken => Results.StatusCode(StatusCodes.Status202Accepted),
            Reception.Handshake handshake => Results.Text(handshake.Answer, "text/plain"),
            Reception.Forged => Problems.Result(Forged),
            Reception.NoSuchConnection => Problems.Result(Problem.NotFound with { Detail = "There is no connection of this name. Check the address that was subscribed." }),
            Reception.Later => Problems.Result(NotNow),
            _ => throw new InvalidOperationException($"Unknown reception {reception.GetType().Name}."),
        };
    }

    private static void Count(string answer) => TowerTelemetry.IngressAnswers.Add(1, new KeyValuePair<string, object?>("answer", answer));

    /// <summary>The whole body; else what is wrong with it; else neither, because nobody listens any more.</summary>
    private static async Task<(byte[]? Body, Problem? Problem)> ReadAsync(HttpContext http, BodyBudget.Share share, TimeProvider clock)
    {
        if (http.Request.ContentLength > LargestBody)
        {
            return (null, TooLarge);
        }

        using var slow = new CancellationTokenSource(SlowestBody, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, http.RequestAborted);
        var reader = http.Request.BodyReader;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(either.Token);
                if (read.Buffer.Length > LargestBody)
                {
                    reader.AdvanceTo(read.Buffer.End);
                    return (null, TooLarge);
                }

                if (!share.TryGrow(read.Buffer.Length))
                {
                    reader.AdvanceTo(read.Buffer.End);
                    http.Response.Headers.Connection = "close";
                    return (null, Busy);
                }

                if (read.IsCompleted)
                {
                    var body = read.Buffer.ToArray();
                    reader.AdvanceTo(read.Buffer.End);
                    return (body, null);
                }

                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            return (null, http.RequestAborted.IsCancellationRequested ? null : WhyUnread(http, error));
        }
    }

    private static Problem WhyUnread(HttpContext http, Exception error)
    {
        // What is left of the body is of no use to anybody.
        http.Response.Headers.Connection = "close";
        return error switch
        {
            OperationCanceledException or BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => TooSlow,
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLarge,
            _ => CutOff,
        };
    }
}
