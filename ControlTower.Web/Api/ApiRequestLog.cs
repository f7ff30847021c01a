using System.Threading.Channels;
using ControlTower.Data.ApiClients;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary>
/// Writes down what clients asked and how it went, off the way of the requests: they leave a line in a queue and go on. A queue that is full, or a database that does not take the lines, costs lines and nothing else;
/// how many were left out is counted and told in the log.
/// </summary>
internal sealed partial class ApiRequestLog(ApiRequestStore store, TimeProvider clock, ILogger<ApiRequestLog> log) : BackgroundService
{
    private const int Room = 20_000;
    private const int Batch = 1_000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Channel<ApiRequestRow> lines = Channel.CreateBounded<ApiRequestRow>(new BoundedChannelOptions(Room));
    private long dropped;

    /// <summary>Lines that were left out since the start.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    public void Tell(ApiRequestRow line)
    {
        if (!lines.Writer.TryWrite(line))
            Interlocked.Increment(ref dropped);
    }

    /// <summary>Writes what waits.</summary>
    public async Task FlushAsync(CancellationToken cancel)
    {
        while (Next() is { Count: > 0 } batch)
        {
            try
            {
                await store.WriteAsync(batch, cancel);
            }
            catch (Exception error) when (error is not OutOfMemoryException and not OperationCanceledException)
            {
                NotWritten(log, Interlocked.Add(ref dropped, batch.Count), error.GetType().Name);
                return;
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await lines.Reader.WaitToReadAsync(stoppingToken))
            {
                await Task.Delay(Pause, clock, stoppingToken);
                await FlushAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await FlushAsync(CancellationToken.None);
        }
    }

    private List<ApiRequestRow> Next()
    {
        var batch = new List<ApiRequestRow>();
        while (batch.Count < Batch && lines.Reader.TryRead(out var line))
            batch.Add(line);
        return batch;
    }

    [LoggerMessage(EventId = 3521, Level = LogLevel.Warning, Message = "Requests of API clients could not be written down ({Error}); {Dropped} lines were left out since the start")]
    private static partial void NotWritten(ILogger log, long dropped, string error);
}

/// <summary>Before anybody is asked who calls, so that what the door refused is written down as well. A request without a good key is nobody's and is not.</summary>
internal sealed class ApiRequestWatch(RequestDelegate next, ApiRequestLog requests, TimeProvider clock)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint() is not RouteEndpoint endpoint || endpoint.Metadata.GetMetadata<GovernedDoor>() is null)
        {
            await next(http);
            return;
        }

        var (began, broke) = (clock.GetTimestamp(), true);
        try
        {
            await next(http);
            broke = false;
        }
        finally
        {
            if (ApiKeyScheme.HasKey(http))
                requests.Tell(Line(http, endpoint, broke, clock.GetElapsedTime(began)));
        }
    }

    private ApiRequestRow Line(HttpContext http, RouteEndpoint endpoint, bool broke, TimeSpan took)
    {
        var pattern = $"/{endpoint.RoutePattern.RawText!.TrimStart('/')}";
        var status = broke ? StatusCodes.Status500InternalServerError : http.Response.StatusCode;
        return new ApiRequestRow(
            clock.GetUtcNow(), ApiKeyScheme.CallerOf(http).Id, ApiKeyScheme.CallerOf(http).Hint, pattern.Split('/') is [_, "api", var version, ..] ? version : "", http.Request.Method,
            endpoint.Metadata.GetMetadata<ApiOperation>()?.Id ?? pattern, status, (int)Math.Min(int.MaxValue, took.TotalMilliseconds), status >= 400 ? http.Features.Get<Problem>()?.Slug : null, Problems.CorrelationId(http));
    }
}
