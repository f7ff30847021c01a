namespace ControlTower.Web.Hosting;

/// <summary>One line of JSON per entry in Production, readable lines in Development. Never a body, a name or a secret.</summary>
internal static class Logs
{
    public static void AddTowerLogs(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        if (builder.Environment.IsDevelopment())
        {
            builder.Logging.AddSimpleConsole(options => options.SingleLine = true);
            return;
        }

        builder.Logging.AddJsonConsole(options =>
        {
            options.UseUtcTimestamp = true;
            // The ids of trace and span: what a person quotes from an error finds its entries.
            options.IncludeScopes = true;
            options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
        });
    }
}
