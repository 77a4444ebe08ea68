"""What belongs to the process: device, scheduler, logs, job locks."""
